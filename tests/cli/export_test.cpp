#include "catch.h"
#include "process.h"
#include "tool.h"

namespace {

using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::thexp_tool;

const std::string kId = "20231121-100000-k3f9";

TEST_CASE("export packs a run, import unpacks it elsewhere") {
  SampleRuns runs;
  Outcome outcome = thexp_tool(runs.dir(), "export 20231121 run.tar.zst");
  CHECK(outcome.errors == "");
  CHECK_CONTAINS(outcome.output,
                 "mnist_lr=0.1/" + kId + " is in run.tar.zst (1 file, 604 B; ");
  outcome = thexp_tool(runs.dir(), "import run.tar.zst");
  CHECK(outcome.exit_code == 1);
  CHECK_CONTAINS(outcome.errors, "is there already");
  outcome = thexp_tool(runs.dir(), "import run.tar.zst --workspace other");
  CHECK(outcome.errors == "");
  CHECK(outcome.output ==
        "mnist_lr=0.1/" + kId + " is there: other/mnist_lr=0.1/" + kId + "\n");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "ls --workspace other").output, kId);
  CHECK_CONTAINS(thexp_tool(runs.dir(), "export 20231121 run.zip").errors,
                 "must end in .tar.zst, .tar.gz or .tar");
  CHECK_CONTAINS(thexp_tool(runs.dir(), "import gone.tar").errors, "gone.tar");
}

// Runs r1, whose code is a commit of its own ref, and r2, which a stranger
// made: it names a branch.
const char* const kRunsWithCode = R"sh(set -e
git init -q -b main repo
cd repo
echo 'int main() {}' >main.cpp
git add main.cpp
git -c user.name=a -c user.email=a@b commit -q -m first
commit=$(git rev-parse HEAD)
git update-ref refs/thexp/mnist/r1 $commit
cd ..
for run in r1:refs/thexp/mnist/r1 r2:refs/heads/main; do
  folder=runs/mnist/${run%%:*}
  mkdir -p $folder
  cat >$folder/run.json <<END
{"format": 1, "experiment": "mnist", "id": "${run%%:*}", "description": "",
 "program": "m", "argv": ["m"], "cwd": "/", "host": "h", "pid": 1,
 "process_start": "9", "pid_namespace": "", "heartbeat_interval": 10.0,
 "start": "2023-11-21T10:00:00.000+00:00", "status": "completed",
 "end": "2023-11-21T10:01:00.000+00:00", "error": null, "parent": null,
 "heartbeat": "2023-11-21T10:01:00.000+00:00", "continued": [], "info": {},
 "code": {"kind": "git", "repository": "$PWD/repo", "dirty": false,
          "git_folder": "$PWD/repo/.git", "branch": "main",
          "commit": "$commit", "ref": "${run#*:}", "snapshot": "$commit",
          "tree": "$(git -C repo rev-parse main^{tree})"
}
}
END
done
)sh";

TEST_CASE("export packs a run's code, gc frees it and touches no branch") {
  if (::system("git --version >/dev/null 2>&1") != 0) return;
  thexp_test::TempDir dir;
  auto made = thexp_test::run_shell(kRunsWithCode, dir.path());
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  auto refs = [&] {
    return thexp_test::run_shell(
               "git -C repo for-each-ref --format='%(refname)'", dir.path())
        .output;
  };
  CHECK(thexp_tool(dir, "export r1 r1.tar.gz").errors == "");
  CHECK(thexp_tool(dir, "import r1.tar.gz --workspace other").errors == "");
  CHECK(thexp::read_file(dir / "other" / "mnist" / "r1" / ".code" /
                         "main.cpp") == "int main() {}\n");
  thexp_tool(dir, "rm r1 --workspace other");
  thexp_tool(dir, "gc --workspace other");
  CHECK(refs() == "refs/heads/main\nrefs/thexp/mnist/r1\n");
  thexp_tool(dir, "rm r1 r2");
  CHECK(refs() == "refs/heads/main\nrefs/thexp/mnist/r1\n");
  CHECK(thexp_tool(dir, "gc").errors == "");
  CHECK(refs() == "refs/heads/main\n");
}

}  // namespace
