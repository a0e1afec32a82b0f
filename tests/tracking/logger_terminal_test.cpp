// The logger in a real terminal: tmux runs logger_demo, and the captured
// screen is compared.
#include <string>

#include "catch.h"
#include "temp_dir.h"
#include "terminal.h"
#include "thexp/base/file.h"

namespace {

using thexp_test::has_tmux;
using thexp_test::shell;
using thexp_test::TempDir;
using thexp_test::Terminal;

const std::string kDate = "26-11-21 10:00:00 | ";

void check_screen(int columns,
                  const std::string& script,
                  const std::string& expected,
                  const std::string& term = "") {
  if (!has_tmux()) {
    WARN("skipped: tmux is not installed");
    return;
  }
  Terminal terminal(columns, script, term);
  CHECK(terminal.screen(expected) == expected);
}

const char* const kShrinking =
    "inline 1/250 | @loss=0.2134(0.3321)  @acc=93.75%(91.02%)\n"
    "flush\n"
    "inline 2/250\n"
    "flush\n"
    "wait never\n";

TEST_CASE("T11 a shorter inline line leaves nothing of a longer one") {
  check_screen(40, kShrinking, kDate + "2/250\n");
  check_screen(120, kShrinking, kDate + "2/250\n");
}

TEST_CASE("T11 a terminal without escape codes is padded with blanks") {
  check_screen(40, kShrinking, kDate + "2/250\n", "TERM=dumb ");
  check_screen(120, kShrinking, kDate + "2/250\n", "env -u TERM ");
}

const char* const kWide =
    "info 开始\n"
    "inline 训练🚀训练🚀训练🚀训练🚀 abc\n"
    "flush\n"
    "wait never\n";

TEST_CASE("T11 14 an inline line of wide characters is cut to the columns") {
  check_screen(40, kWide, kDate + "开始\n训练🚀训练🚀训练🚀训练🚀 abc\n");
  // 22 of 25 columns, then the dots; 20 of 23.
  check_screen(28, kWide, kDate + "开始\n训练🚀训练🚀训练🚀训练...\n");
  check_screen(26, kWide, kDate + "开始\n训练🚀训练🚀训练🚀训...\n");
  check_screen(120, kWide,
               kDate + "开始\n" + kDate + "训练🚀训练🚀训练🚀训练🚀 abc\n");
}

TEST_CASE("T11 a cut line leaves room for the echo of Ctrl-C") {
  const std::string text(60, 'x');
  check_screen(40, "inline " + text + "\nflush\nwait never\n",
               std::string(34, 'x') + "...\n");
}

TEST_CASE("T11 where columns are few, what matters least goes first") {
  const std::string script =
      "inline epoch 1/5 | 34/150 | @loss=2.2401(2.2868)  @acc=18.75%(12.41%) "
      "| 5m10s left | 0m05s < 1m00s | lr 0.05 | 70.2k ex/s\nflush\nwait "
      "never\n";
  const std::string position = "epoch 1/5 | 34/150 | @loss=2.2401(2.2868)";
  const std::string meters = position + "  @acc=18.75%(12.41%)";
  const std::string rest = " | 5m10s left | 0m05s < 1m00s | lr 0.05";
  check_screen(200, script, kDate + meters + rest + " | 70.2k ex/s\n");
  check_screen(120, script, meters + rest + " | 70.2k ex/s\n");
  check_screen(110, script, meters + rest + "\n");
  check_screen(80, script, meters + " | 5m10s left\n");
  check_screen(70, script, position + " | 5m10s left\n");
  check_screen(50, script, position + "\n");
  check_screen(40, script, "epoch 1/5 | 34/150 | @loss=2.2401(...\n");
}

TEST_CASE("T11 a line without meters keeps its position") {
  const std::string script =
      "inline epoch 1/5 | eval | 3/12 | 0m05s < 1m00s | 70.2k ex/s\nflush\n"
      "wait never\n";
  check_screen(50, script, "epoch 1/5 | eval | 3/12 | 0m05s < 1m00s\n");
  check_screen(30, script, "epoch 1/5 | eval | 3/12\n");
}

TEST_CASE("T11 an inline line that is taken back leaves nothing") {
  const std::string script =
      "raw above\ninline 9/9 | @loss=0.5\nflush\nclear\n";
  for (const char* term : {"", "TERM=dumb "}) {
    check_screen(40, script + "flush\nwait never\n", "above\n", term);
    check_screen(40, script + "raw a\nflush\nwait never\n", "above\na\n", term);
  }
}

TEST_CASE("T11 a normal line completes the inline one, which may wrap") {
  const std::string script =
      "inline 1/2 | first\n"
      "flush\n"
      "inline 2/2 | @loss=0.2134(0.3321)  @acc=93.75%\n"
      "warn next\n"
      "inline 1/9\n"
      "inline 2/9\n"
      "raw last\n"
      "flush\n"
      "wait never\n";
  check_screen(40, script,
               kDate +
                   "2/2 | @loss=0.2134(0\n.3321)  @acc=93.75%\n"
                   "26-11-21 10:00:00 | WARN | next\n" +
                   kDate + "2/9\nlast\n");
  check_screen(120, script,
               kDate +
                   "2/2 | @loss=0.2134(0.3321)  @acc=93.75%\n"
                   "26-11-21 10:00:00 | WARN | next\n" +
                   kDate + "2/9\nlast\n");
}

TEST_CASE("T11 a completed line that fills its row keeps its last character") {
  const std::string text(20, 'y');
  check_screen(40, "inline " + text + "\nraw next\nflush\nwait never\n",
               kDate + text + "\nnext\n");
}

TEST_CASE("T11 the end completes the inline line") {
  check_screen(40, "inline 1/2\nflush\ninline 2/2\n", kDate + "2/2\n");
}

TEST_CASE("T11 each frame asks for the columns anew") {
  if (!has_tmux()) {
    WARN("skipped: tmux is not installed");
    return;
  }
  const std::string frame = "inline " + std::string(60, 'x') + "\nflush\n";
  Terminal terminal(
      40, "raw above\n" + frame + "columns 60\n" + frame + "wait never\n", "");
  auto screen_of = [](std::size_t shown) {
    return "above\n" + std::string(shown, 'x') + "...\n";
  };
  CHECK(terminal.screen(screen_of(34)) == screen_of(34));
  terminal.resize(60);
  CHECK(terminal.screen(screen_of(54)) == screen_of(54));
}

TEST_CASE("T11 nothing stays of a frame that a narrower terminal wrapped") {
  if (!has_tmux()) {
    WARN("skipped: tmux is not installed");
    return;
  }
  const std::string frame = "inline " + std::string(60, 'x') + "\nflush\n";
  Terminal terminal(60,
                    "raw one\nraw two\nraw three\n" + frame + "columns 40\n" +
                        frame + "wait never\n",
                    "");
  std::string wide = "one\ntwo\nthree\n" + std::string(54, 'x') + "...\n";
  CHECK(terminal.screen(wide) == wide);
  terminal.resize(40);  // tmux scrolls by the row that the frame now needs
  std::string narrow = "two\nthree\n" + std::string(34, 'x') + "...\n";
  CHECK(terminal.screen(narrow) == narrow);
}

TEST_CASE("T11 in a pipe there are no control characters") {
  TempDir dir;
  thexp::write_file_atomic(dir / "script",
                           "inline 1/2\nflush\ninline 2/2\ninfo end\n");
  std::string output = (dir / "out").string();
  REQUIRE(shell(std::string(LOGGER_DEMO) + " " + (dir / "script").string() +
                " | cat >" + output));
  CHECK(thexp::read_file(output) == kDate + "2/2\n" + kDate + "end\n");
}

}  // namespace
