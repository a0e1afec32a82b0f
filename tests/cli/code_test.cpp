// thexp code, on runs of a project in a real repository.
#include "../snapshot/repository.h"
#include "thexp/base/value.h"
#include "tool.h"

namespace {

using thexp::Value;
using thexp_test::Outcome;
using thexp_test::thexp_tool;

const std::string kId = "20231121-100000-k3f9";

/// A changed project, and the workspace "runs" with one run of it.
struct RunOfProject {
  RunOfProject() {
    project.write("main.cpp", "int main() {\n  return 1;\n}\n");
    project.write("src/new.cpp", "new\n");
    thexp::fs::remove(project.root() / "src/old.cpp");
    project.write("large.bin", std::string(5000, 'x'));
    snapshot = thexp::take_snapshot(
        project.options("exp/" + kId).max_file_bytes(4096));
    write_run("exp", kId, snapshot.to_value());
  }

  void write_run(const std::string& experiment,
                 const std::string& id,
                 const Value& code) const {
    Value run =
        Value::from_json(thexp_test::run_json(experiment, id, "completed"));
    run["code"] = code;
    thexp::write_file_atomic(dir.path() / "runs" / experiment / id / "run.json",
                             run.to_json());
  }

  thexp_test::TempDir dir;
  thexp_test::Repository project;
  thexp::Snapshot snapshot;
};

TEST_CASE("B6 code shows the snapshot, and what was not committed") {
  RunOfProject run;
  const thexp::Snapshot& code = run.snapshot;
  Outcome outcome = thexp_tool(run.dir, "code exp");
  CHECK(outcome.errors == "");
  CHECK(outcome.exit_code == 0);
  CHECK(
      outcome.output ==
      "kind        git\n"
      "repository  " +
          code.repository +
          "\n"
          "branch      main\n"
          "commit      " +
          code.commit +
          "\n"
          "dirty       yes\n"
          "ref         refs/thexp/exp/" +
          kId +
          "\n"
          "snapshot    " +
          code.snapshot +
          "\n"
          "tree        " +
          code.tree +
          "\n"
          "\nchanged since the commit\n"
          "  modified  main.cpp\n"
          "  added     src/new.cpp\n"
          "  deleted   src/old.cpp\n"
          "\nleft out\n"
          "  large.bin: 4.9 KiB is more than the 4.0 KiB that a file may have\n"
          "\nchanged after the program was built\n"
          "  main.cpp\n  src/net.cpp\n  src/new.cpp\n");
}

TEST_CASE("B6 code --patch prints exactly what was not committed") {
  RunOfProject run;
  Outcome outcome = thexp_tool(run.dir, "code --patch exp");
  CHECK(outcome.exit_code == 0);
  thexp_test::write_text(run.project.path("the.patch"), outcome.output);
  run.project.git("stash -qu");
  run.project.git("apply --index ../the.patch");
  CHECK(run.project.git_line("write-tree") == run.snapshot.tree);
}

TEST_CASE("B6 code --json has all of the record, and the changes") {
  RunOfProject run;
  Value json = Value::from_json(thexp_tool(run.dir, "code --json exp").output);
  CHECK(json.at("experiment") == "exp");
  CHECK(json.at("id") == Value(kId));
  CHECK(json.at("kind") == "git");
  CHECK(json.at("tree") == Value(run.snapshot.tree));
  CHECK(json.at("problem").is_null());
  CHECK(json.at("changes").as_list().size() == 3);
  CHECK(json.at("changes").as_list()[0] ==
        Value(Value::Dict{{"path", "main.cpp"}, {"what", "modified"}}));
}

TEST_CASE("B6 code --extract writes all files") {
  RunOfProject run;
  Outcome outcome = thexp_tool(run.dir, "code exp --extract new/folder");
  CHECK(outcome.errors == "");
  CHECK(outcome.output == "new/folder\n");
  CHECK(thexp::read_file(run.dir / "new/folder/src/new.cpp") == "new\n");
  Outcome again = thexp_tool(run.dir, "code exp --extract new/folder");
  CHECK(again.exit_code == 1);
  CHECK_CONTAINS(again.errors, "'new/folder' is not an empty folder");
}

TEST_CASE("B6 code finds the copies in a workspace that was moved") {
  RunOfProject run;
  thexp_test::write_text(run.dir / "plain/main.cpp", "int main() {}\n");
  thexp::Snapshot copy =
      thexp::take_snapshot(thexp::SnapshotOptions()
                               .source((run.dir / "plain/main.cpp").string())
                               .folder(run.dir / "plain")
                               .program("/bin/sh")
                               .name("copied/1")
                               .store(run.dir / "runs/.code"));
  run.write_run("copied", "20231121-100000-copy", copy.to_value());
  thexp::fs::rename(run.dir / "runs", run.dir / "moved");
  Outcome outcome = thexp_tool(run.dir, "code copied --workspace moved");
  CHECK(outcome.errors == "");
  CHECK_CONTAINS(outcome.output, "kind        copy\n");
  CHECK_CONTAINS(outcome.output, "\nfiles\n  main.cpp\n");
  Outcome patch = thexp_tool(run.dir, "code copied --workspace moved --patch");
  CHECK(patch.exit_code == 1);
  CHECK_CONTAINS(patch.errors, "there is no commit to compare it with");
}

TEST_CASE("B6 code says what is missing") {
  RunOfProject run;
  run.write_run("old", "20231121-100000-aaaa", Value());
  Outcome old = thexp_tool(run.dir, "code old");
  CHECK(old.exit_code == 1);
  CHECK(old.errors ==
        "thexp: the run old/20231121-100000-aaaa has no snapshot of its "
        "code\n");
  thexp::fs::remove_all(run.project.root());
  Outcome gone = thexp_tool(run.dir, "code exp --patch");
  CHECK(gone.exit_code == 1);
  CHECK_CONTAINS(gone.errors, "there is no repository in '" +
                                  run.snapshot.repository + "' any more");
  Outcome summary = thexp_tool(run.dir, "code exp");
  CHECK(summary.exit_code == 0);
  CHECK_CONTAINS(summary.output, "changes     there is no repository in");
  CHECK(thexp_tool(run.dir, "code exp --patch --json").exit_code == 2);
}

}  // namespace
