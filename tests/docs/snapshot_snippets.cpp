// The code in docs/snapshots.md.
#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"
#include "thexp/snapshot/code.h"
#include "thexp/snapshot/snapshot.h"

namespace {

namespace fs = std::filesystem;

TEST_CASE("S1 the snapshots' example") {
  thexp_test::TempDir dir;
  fs::path workspace = dir / "runs";
  fs::path project = dir / "project";
  thexp::write_file_atomic(project / "main.cpp", "one\n");
  auto options = [&](const std::string& run) {
    // [take]
    return thexp::SnapshotOptions()
        .source((project / "main.cpp").string())  // __FILE__ of main()
        .folder(project)
        .name("mnist/" + run)
        .leave_out(workspace)
        .store(workspace / ".code")
        .sources({"*.cpp", "src"});  // what to copy outside a repository
    // [/take]
  };
  thexp::Snapshot before =
      thexp::take_snapshot(options("1").program("/bin/sh"));
  thexp::write_file_atomic(project / "main.cpp", "two\n");
  thexp::Snapshot after = thexp::take_snapshot(options("2").program("/bin/sh"));
  // [read]
  thexp::Value record = before.to_value();  // what run.json has as "code"
  thexp::Snapshot read = thexp::Snapshot::from_value(record);

  std::string lines = thexp::diff(read, after);  // a unified diff
  thexp::extract(read, dir / "code");            // all files, in a new folder
  // [/read]
  CHECK(thexp::ends_with(lines, "@@ -1 +1 @@\n-one\n+two\n"));
  CHECK(thexp::read_file(dir / "code" / "main.cpp") == "one\n");
}

}  // namespace
