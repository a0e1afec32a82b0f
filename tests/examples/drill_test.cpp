#include "catch.h"
#include "example.h"
#include "thexp/base/file.h"

namespace {

using thexp_test::run_example;
using thexp_test::TempDir;

// 300 seconds: a limit for a machine under load, not what it takes.
void check_sound(const std::string& name, const std::string& arguments) {
  TempDir dir;
  auto done = run_example(dir, name, "--drill=300 " + arguments);
  INFO(name << "\n" << done.output);
  CHECK(done.exit_code == 0);
  for (const char* exercise :
       {"train", "gradients", "repeat", "save and load", "kill and resume"}) {
    CHECK_CONTAINS(done.output, std::string("  PASS  ") + exercise);
  }
  CHECK(thexp::fs::is_empty(dir.path()));
}

TEST_CASE("mnist with all its features passes its drill") {
  check_sound("mnist",
              "--model=cnn --data.workers=2 --data.augment --accumulate=2 "
              "--ema=0.99 --patience=3");
}

TEST_CASE("gan passes its drill") { check_sound("gan", "--data.count=256"); }

TEST_CASE("quickstart passes its drill") { check_sound("quickstart", ""); }

}  // namespace
