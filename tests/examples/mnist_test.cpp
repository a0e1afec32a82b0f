#include "catch.h"
#include "example.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace {

using thexp::fs::path;
using thexp_test::last_number;
using thexp_test::only_run;
using thexp_test::run_example;
using thexp_test::TempDir;

const path kRealDigits = path(THEXP_SOURCE_DIR) / ".." / "shared/data/mnist";

std::string weights(const std::string& arguments) {
  TempDir dir;
  auto done = run_example(dir, "mnist", "--epoch=2 " + arguments);
  INFO(done.output);
  REQUIRE(done.exit_code == 0);
  return thexp::read_file(only_run(dir) / "models/net.pt");
}

TEST_CASE("mnist reaches 95 % on its drawn digits") {
  TempDir dir;
  auto done = run_example(dir, "mnist");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK(last_number(done.output, "@acc=") >= 95);
}

TEST_CASE("mnist reaches 96 % on real digits in ten epochs") {
  if (!thexp::fs::exists(kRealDigits)) {
    WARN("skipped: no real digits in " << kRealDigits);
    return;
  }
  TempDir dir;
  auto done = run_example(dir, "mnist",
                          "--epoch=10 --data.root=" + kRealDigits.string());
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, "train data | 8000 examples");
  CHECK(last_number(done.output, "@acc=") >= 96);
}

TEST_CASE("mnist trains pytorch/examples' convolutional network") {
  TempDir dir;
  auto done = run_example(dir, "mnist", "--model=cnn --epoch=2");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK(last_number(done.output, "@acc=") > 80);
}

TEST_CASE("the same seed gives bit-equal weights, whatever the workers") {
  std::string first = weights("");
  CHECK(weights("") == first);
  CHECK(weights("--data.workers=1") == first);
  CHECK(weights("--data.workers=3") == first);
  CHECK(weights("--seed=1") != first);
}

TEST_CASE("T13 the best epoch's checkpoint is linked") {
  TempDir dir;
  REQUIRE(run_example(dir, "mnist", "--epoch=4").exit_code == 0);
  path best = only_run(dir) / "checkpoints/best.pt";
  REQUIRE(thexp::fs::exists(best));
  path sidecar = thexp::fs::canonical(best).string() + ".json";
  CHECK_CONTAINS(thexp::read_file(sidecar), "\"eval/acc\"");
}

}  // namespace
