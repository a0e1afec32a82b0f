// What a program prints itself, on a real terminal: tmux runs output_demo.
#include <string>

#include "catch.h"
#include "temp_dir.h"
#include "terminal.h"

namespace {

using thexp_test::has_tmux;
using thexp_test::Terminal;

const std::string kDate = "26-11-21 10:00:00 | ";

/// The program's terminal, with its environment before the program's name.
class Screen {
 public:
  Screen(int columns, const std::string& script, const std::string& term = "")
      : terminal_(columns, script, "(" + term, kDemo) {}

  void becomes(const std::string& expected) {
    CHECK(terminal_.screen(expected) == expected);
  }
  Terminal& terminal() { return terminal_; }

 private:
  static constexpr const char* kDemo =
      OUTPUT_DEMO " script; true) 2>errors; echo the shell; sleep 600; true";

  Terminal terminal_;
};

bool is_skipped() {
  if (has_tmux()) return false;
  WARN("skipped: tmux is not installed");
  return true;
}

TEST_CASE("G17 the program's lines stand whole beside the moving line") {
  if (is_skipped()) return;
  const std::string script =
      "inline 1/250 | @loss=0.2134(0.3321)  @acc=93.75%(91.02%)\nflush\n"
      "print by the program\ncout and by std::cout\nchild echo by a child\n"
      "inline 2/250\nflush\nwait never\n";
  const std::string expected =
      "by the program\nand by std::cout\nby a child\n" + kDate + "2/250\n";
  for (int columns : {40, 50, 120}) Screen(columns, script).becomes(expected);
  Screen(50, script, "TERM=dumb ").becomes(expected);
}

TEST_CASE("G17 the moving line comes back by itself") {
  if (is_skipped()) return;
  Screen(50, "inline 1/2\nflush\nprint one\nwait never\n")
      .becomes("one\n" + kDate + "1/2\n");
}

TEST_CASE("G17 a line that is not ended is seen, and is not written over") {
  if (is_skipped()) return;
  Screen screen(50,
                "inline 1/2\nflush\npart loading ...\nwait next\nprint  done\n"
                "part half\ninfo line\ninline 2/2\nflush\nwait never\n");
  screen.becomes("loading ...\n");
  screen.terminal().touch("next");
  screen.becomes("loading ... done\nhalf\n" + kDate + "1/2\n" + kDate +
                 "line\n" + kDate + "2/2\n");
}

TEST_CASE("G17 a bar that the program moves stays one line") {
  if (is_skipped()) return;
  Screen screen(50,
                "inline 1/2\nflush\nbytes 0d3130250d\npart 20%\n"
                "inline 2/2\nbytes 0d\npart 30%\nwait next\nprint  done\n"
                "inline 2/2\nflush\nwait never\n");
  screen.becomes("30%\n");
  screen.terminal().touch("next");
  screen.becomes("30% done\n" + kDate + "2/2\n");
}

TEST_CASE("G17 the program finds a terminal, of the real one's size") {
  if (is_skipped()) return;
  Screen screen(50, "kind\nwait next\ncolumns 70\nkind\nwait never\n");
  screen.becomes("terminal, 50 columns\n");
  screen.terminal().touch("next");
  screen.terminal().resize(70);
  screen.becomes("terminal, 50 columns\nterminal, 70 columns\n");
}

TEST_CASE("G17 a crash loses nothing of what was printed") {
  if (is_skipped()) return;
  for (const char* way : {"abort", "throw", "exit"}) {
    Screen(50, "inline 1/2\nflush\nprint one\nprint two\n" + std::string(way) +
                   "\n")
        .becomes("one\ntwo\n" + kDate + "1/2\nthe shell\n");
  }
}

}  // namespace
