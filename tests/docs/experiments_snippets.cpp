// The code in docs/managing-runs.md.
#include "catch.h"
#include "temp_dir.h"
#include "thexp/experiments/globals.h"
#include "thexp/experiments/labels.h"
#include "variable.h"

namespace {

using thexp_test::TempDir;

TEST_CASE("the example of labels") {
  TempDir dir;
  const std::filesystem::path run_folder = dir.path();
  // [labels]
  thexp::add_tags(run_folder, {"baseline", "paper"});
  thexp::add_note(run_folder, "the loss jumps at step 300");
  thexp::set_description(run_folder, "with warm-up");
  thexp::Labels labels = thexp::read_labels(run_folder);
  // [/labels]
  CHECK(labels.has_tag("paper"));
  CHECK(labels.notes.size() == 1);
}

TEST_CASE("T21 the example of globals") {
  TempDir home;
  thexp_test::Variable variable("THEXP_HOME", home.path().c_str());
  thexp::globals().set(thexp::GlobalLevel::kGlobal, "datasets", "/data");
  // [globals]
  std::string root = thexp::globals()["datasets"];
  // [/globals]
  CHECK(root == "/data");
}

}  // namespace
