#include <sys/wait.h>

#include "catch.h"
#include "process.h"
#include "thexp/base/text.h"
#include "tool.h"
#include "variable.h"

namespace {

using thexp_test::Outcome;
using thexp_test::SampleRuns;
using thexp_test::TempDir;
using thexp_test::thexp_tool;

std::string complete(const SampleRuns& runs, const std::string& words) {
  Outcome outcome = thexp_tool(runs.dir(), "__complete " + words);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.errors == "");
  return outcome.output;
}

TEST_CASE("completion knows commands, options and what they take") {
  SampleRuns runs;
  CHECK(complete(runs, "sh") == "show\n");
  CHECK(complete(runs, "ckpt di") == "diff\n");
  CHECK(complete(runs, "show --js") == "--json\n");
  CHECK(complete(runs, "show --workspace") == "--workspace\n");
  CHECK(complete(runs, "show --workspace r") == "");  // the shell knows files
  CHECK(complete(runs, "completion ''") == "bash\nzsh\nfish\n");
  CHECK(complete(runs, "import r") == "");
  CHECK(complete(runs, "frobnicate ''") == "");
  std::string commands = complete(runs, "''");
  CHECK_CONTAINS(commands, "show\n");
  CHECK_FALSE(thexp_test::contains(commands, "__complete"));
}

TEST_CASE("completion knows experiments and runs of the workspace") {
  SampleRuns runs;
  CHECK(complete(runs, "show ''") == "gan\nmnist_lr=0.1\n");
  CHECK(complete(runs, "show m") == "mnist_lr=0.1\n");
  CHECK(complete(runs, "show 20231121") == "20231121-100000-k3f9\n");
  CHECK(complete(runs, "show gan/20231119") == "gan/20231119-100000-zzz1\n");
  CHECK(complete(runs, "rm gan m") == "mnist_lr=0.1\n");  // it takes several
  CHECK(complete(runs, "show gan m") == "");
  CHECK(complete(runs, "tag --json m") == "mnist_lr=0.1\n");
  CHECK(complete(runs, "ls g") == "gan\n");
  CHECK(complete(runs, "show --workspace=elsewhere g") == "");
  CHECK(complete(runs, "show --workspace runs g") == "gan\n");
  thexp_tool(runs.dir(), "rm 20231119");
  CHECK(complete(runs, "restore g") == "gan\n");
  thexp_test::Variable home("THEXP_HOME", (runs.dir() / "home").c_str());
  thexp_tool(runs.dir(), "config --global datasets /data");
  CHECK(complete(runs, "config d") == "datasets\n");
  CHECK(complete(runs, "config --unset d") == "datasets\n");
}

// What bash shows when Tab is pressed behind these words.
std::string bash_replies(const SampleRuns& runs, const std::string& words) {
  thexp::write_file_atomic(runs.dir() / "tab.sh", R"(
thexp() { )" THEXP_TOOL R"( "$@"; }
source <(thexp completion bash)
COMP_WORDS=(thexp )" + words + R"()
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_thexp
printf '%s\n' "${COMPREPLY[@]}"
)");
  auto finished = thexp_test::run_shell("bash tab.sh", runs.dir().path());
  CHECK(finished.exit_code == 0);
  return finished.output;
}

TEST_CASE("bash completes commands, options and runs") {
  if (::system("bash -c true") != 0) return;
  SampleRuns runs;
  CHECK(bash_replies(runs, "sho") == "show\n");
  CHECK(bash_replies(runs, "ls --js") == "--json\n");
  CHECK(bash_replies(runs, "show mni") == "mnist_lr=0.1\n");
  CHECK(bash_replies(runs, "show mnist_lr = 0.1/20231121") ==
        "0.1/20231121-100000-k3f9\n");
  CHECK(bash_replies(runs, "show --workspace = runs gan/20231119") ==
        "gan/20231119-100000-zzz1\n");
  CHECK(bash_replies(runs, "import ''") == "\n");
  auto loaded = thexp_test::run_shell(
      "thexp() { " THEXP_TOOL " \"$@\"; }; bash -c 'source <(" THEXP_TOOL
      " completion bash); complete -p thexp'",
      runs.dir().path());
  CHECK_CONTAINS(loaded.output, "-F _thexp thexp");
}

TEST_CASE("zsh and fish load their completion") {
  TempDir dir;
  for (const std::string shell : {"zsh", "fish"}) {
    std::string script = thexp_tool(dir, "completion " + shell).output;
    CHECK_CONTAINS(script, "thexp __complete");
    bool is_there = ::system((shell + " -c true 2>/dev/null").c_str()) == 0;
    if (!is_there) continue;
    thexp::write_file_atomic(dir / "script", script);
    auto checked = thexp_test::run_shell(shell + " -n script", dir.path());
    CHECK(checked.exit_code == 0);
    CHECK(checked.output == "");
  }
  CHECK(thexp_tool(dir, "completion tcsh").exit_code == 2);
}

TEST_CASE("the manual page tells of every command, option and exit code") {
  TempDir dir;
  Outcome outcome = thexp_tool(dir, "man");
  CHECK(outcome.exit_code == 0);
  std::string page = outcome.output;
  Outcome commands = thexp_tool(dir, "__complete ''");
  for (const std::string& command : thexp::split(commands.output, '\n')) {
    CHECK_CONTAINS(page, ".SS thexp " + command);
  }
  CHECK_CONTAINS(page, ".SS thexp rm RUNS...\n");
  CHECK_CONTAINS(page, ".SS thexp ckpt diff A B\n");
  CHECK_CONTAINS(page, ".B \\-u, \\-\\-unset UNSET\n");
  CHECK_CONTAINS(page, ".SH EXIT STATUS\n");
  if (::system("groff -V >/dev/null 2>&1") != 0) return;
  thexp::write_file_atomic(dir / "thexp.1", page);
  auto formatted = thexp_test::run_shell(
      "groff -man -Tutf8 -ww thexp.1 2>&1 >/dev/null", dir.path());
  CHECK(formatted.output == "");
}

}  // namespace
