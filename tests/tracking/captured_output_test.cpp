// What a program prints itself, in a pipe and in the log. output_demo prints.
#include "thexp/tracking/captured_output.h"

#include <chrono>
#include <string>

#include "catch.h"
#include "process.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/base/process.h"

namespace {

using thexp_test::Finished;
using thexp_test::run_shell;
using thexp_test::TempDir;

const std::string kDate = "26-11-21 10:00:00 | ";

struct Printed {
  int exit_code = 0;
  std::string output;
  std::string log;
};

/// What the demo prints in a pipe, and what its logger's file holds. `shell`
/// has DEMO where the program is to stand.
Printed printed(const std::string& script,
                const std::string& shell = "DEMO script | cat") {
  TempDir dir;
  thexp::write_file_atomic(dir / "script", script);
  std::string command = shell;
  command.replace(command.find("DEMO"), 4, OUTPUT_DEMO);
  Finished end = run_shell(command, dir.path());
  return {end.exit_code, end.output, thexp::read_file(dir / "log")};
}

std::string numbered_lines(int count) {
  std::string lines;
  for (int i = 1; i <= count; ++i) lines += "line " + std::to_string(i) + "\n";
  return lines;
}

TEST_CASE("G17 what the program prints is in the log, in order") {
  Printed run = printed(
      "print one\ninfo two\nchild echo three\ncout four\ninfo five\n"
      "fork six\ninfo seven\n");
  std::string expected = "one\n" + kDate + "two\nthree\nfour\n" + kDate +
                         "five\nsix\n" + kDate + "seven\n";
  CHECK(run.output == expected);
  CHECK(run.log == expected);
}

TEST_CASE("G17 what stdio still holds comes before the logger's next line") {
  CHECK(printed("held half\nheld  of it\ninfo next\nheld rest\n").log ==
        "half of it\n" + kDate + "next\nrest\n");
}

TEST_CASE("G17 in a pipe bytes pass unchanged, with no newline added") {
  const std::string all = "bytes 00ff0d0a1b5b316d09c3280d\npart end\n";
  const std::string bytes("\0\xff\r\n\x1b[1m\t\xc3(\rend", 15);
  CHECK(printed(all).output == bytes);
  CHECK(printed(all, "NO_CONSOLE=1 DEMO script | cat").output == bytes);
  CHECK(printed(all, "DEMO script >out; cat out").output == bytes);
}

TEST_CASE("G17 a line that the program rewrites is in the log as seen last") {
  CHECK(printed("bytes 610d62620d\nbytes 63630d\npart 100%\nprint  done\n"
                "bytes 780d0d0a\n")
            .log == "100% done\nx\n");
}

TEST_CASE("G17 an open line is ended by the logger's next") {
  Printed run = printed("part loading\ninfo next\nprint  done\n");
  CHECK(run.output == "loading\n" + kDate + "next\n done\n");
  CHECK(run.log == run.output);
}

TEST_CASE("G17 without a console the program's lines are shown all the same") {
  Printed run =
      printed("print one\ninfo two\n", "NO_CONSOLE=1 DEMO script | cat");
  CHECK(run.output == "one\n");
  CHECK(run.log == "one\n" + kDate + "two\n");
}

TEST_CASE("G17 what was printed is in the file once it is delivered") {
  Printed run = printed("delivered 300\n", "DEMO script >out");
  CHECK(run.exit_code == 0);
  CHECK(run.log == numbered_lines(300));
}

TEST_CASE("G17 all loggers keep the output, the newest shows it") {
  Printed run = printed(
      "print one\nsecond other\nprint two\nclose\nprint three\nend\n"
      "print after\n",
      "DEMO script | cat; echo; cat other");
  CHECK(run.output == "one\ntwo\nthree\nafter\n\ntwo\n");
  CHECK(run.log == "one\ntwo\nthree\n");
}

TEST_CASE("G17 nothing is lost when the program exits or crashes") {
  const std::string lines = "one\n" + kDate + "two\nthree\n";
  for (const char* way : {"exit", "abort", "throw"}) {
    CAPTURE(way);
    Printed run = printed(std::string("print one\ninfo two\nprint three\n") +
                              "child\n" + way + "\n",
                          "{ stdbuf -oL DEMO script; } 2>errors | cat");
    CHECK(run.output == lines);
    CHECK(run.log == lines);
  }
}

TEST_CASE("G17 a child that outlives the program does not hold it up") {
  auto begin = std::chrono::steady_clock::now();
  Printed run = printed("child sleep 20 & echo $! >child\nprint one\n",
                        "DEMO script >out; cat out; kill $(cat child)");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(15));
  CHECK(run.output == "one\n");
}

TEST_CASE("G17 more than a pipe holds passes while the reader is slow") {
  Printed run =
      printed("many 200000\ninfo end\n", "DEMO script | (sleep 1; cat)");
  CHECK(run.output == numbered_lines(200000) + kDate + "end\n");
  CHECK(run.log == run.output);
}

TEST_CASE("G17 a reader that goes away does not end the program") {
  Printed run = printed("many 100000\ninfo end\n", "DEMO script | head -1");
  CHECK(run.output == "line 1\n");
  CHECK(run.log.find(kDate + "end\n") != std::string::npos);
}

TEST_CASE("G17 without standard output there is nothing to capture") {
  Printed run = printed("print one\ninfo two\n", "DEMO script >&-");
  CHECK(run.log.find(kDate + "two\n") == 0);
}

}  // namespace
