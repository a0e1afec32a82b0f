#include "thexp/base/shell.h"

#include "catch.h"
#include "thexp/base/error.h"
#include "variable.h"

namespace {

using thexp::expand_path;
using thexp::read_path_text;
using thexp::shell_word;
using thexp_test::Variable;

TEST_CASE("a word is quoted where a shell would change it") {
  CHECK(shell_word("--optim.lr=1e-3") == "--optim.lr=1e-3");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("[30, 60]") == "'[30, 60]'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("~") == "'~'");
}

TEST_CASE("a path may name the home folder and variables") {
  Variable home("HOME", "/home/me");
  Variable data("THEXP_TEST_DATA", "/big/data");
  CHECK(expand_path("~") == "/home/me");
  CHECK(expand_path("~/runs") == "/home/me/runs");
  CHECK(expand_path("${THEXP_TEST_DATA}/x${HOME}") == "/big/data/x/home/me");
  CHECK(expand_path("net=~/a.pt,gan=~/b.pt") ==
        "net=/home/me/a.pt,gan=/home/me/b.pt");
  for (const char* literal :
       {"", "runs", "a~/b", "./~", "a$", "a$1", "a/~b", "{x}", "größe"}) {
    CHECK(expand_path(literal) == literal);
  }
  CHECK(expand_path("a$$HOME/$${X}") == "a$HOME/${X}");
}

TEST_CASE("what a path cannot mean is a problem that says what to write") {
  Variable unset("THEXP_TEST_DATA", nullptr);
  Variable empty("THEXP_TEST_EMPTY", "");
  auto problem = [](const char* text) { return read_path_text(text).problem; };
  CHECK(problem("${THEXP_TEST_DATA}/x") ==
        "the environment variable THEXP_TEST_DATA is not set");
  CHECK(read_path_text("${THEXP_TEST_DATA}/x").path == "${THEXP_TEST_DATA}/x");
  CHECK(problem("${THEXP_TEST_EMPTY}/x") ==
        "the environment variable THEXP_TEST_EMPTY is empty");
  CHECK(problem("$HOME/x") ==
        "$HOME is not expanded; write ${HOME}, or $$HOME for a file of that "
        "name");
  CHECK(problem("~bob/x") ==
        "~bob is not expanded; write the whole path, or ./~bob for a file of "
        "that name");
  for (const char* text : {"${}", "${A", "${A:-b}", "${1}"}) {
    CHECK_CONTAINS(problem(text), "a variable is written ${NAME}");
  }
  CHECK(thexp_test::message_of<thexp::UsageError>([] { expand_path("$X"); }) ==
        "'$X': $X is not expanded; write ${X}, or $$X for a file of that "
        "name");
}

}  // namespace
