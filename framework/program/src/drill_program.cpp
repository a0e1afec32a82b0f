// What a drill looks like on a terminal.
#include "drill_program.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>

#include "thexp/drill/drill_in_processes.h"
#include "thexp/trainer/interrupts.h"

namespace thexp::detail {
namespace {

const char* color_of(DrillVerdict verdict) {
  switch (verdict) {
    case DrillVerdict::kPass:
      return "\033[32m";
    case DrillVerdict::kWarn:
      return "\033[33m";
    case DrillVerdict::kSkip:
      return "\033[2m";
    case DrillVerdict::kFail:
    case DrillVerdict::kTimeout:
      break;
  }
  return "\033[31m";
}

// Writes results as they come; on a terminal with colors, and with a line for
// the exercise that is under way.
class DrillTerminal {
 public:
  DrillTerminal() : is_terminal_(isatty(STDOUT_FILENO) == 1) {
    const char* terminal = getenv("TERM");
    bool dumb = terminal == nullptr || std::string(terminal) == "dumb";
    colored_ = is_terminal_ && !dumb && getenv("NO_COLOR") == nullptr;
  }

  // An error ends the drill within an exercise.
  ~DrillTerminal() {
    if (is_open_) write("\n");
  }
  DrillTerminal(const DrillTerminal&) = delete;
  DrillTerminal& operator=(const DrillTerminal&) = delete;

  void begin(const std::string& name) {
    if (!is_terminal_) return;
    write(fmt::format("  ....  {}", name));
    is_open_ = true;
  }

  void end(const DrillResult& result) {
    is_open_ = false;
    std::string text = to_string(result);
    if (colored_) {
      std::string word = verdict_word(result.verdict);
      text.replace(2, word.size(), color_of(result.verdict) + word + "\033[0m");
    }
    write((is_terminal_ ? "\r" : "") + text + "\n");
  }

  void write(const std::string& text) const {
    fmt::print("{}", text);
    std::fflush(stdout);
  }

 private:
  bool is_terminal_;
  bool colored_ = false;
  bool is_open_ = false;  // the line of an exercise that is under way
};

}  // namespace

bool drill_program(double seconds, const std::vector<std::string>& argv) {
  DrillTerminal terminal;
  terminal.write(fmt::format(
      "drill: a few steps of this training, again and again, for at most {:g} "
      "seconds\n",
      seconds));
  auto options =
      DrillOptions()
          .seconds(seconds)
          .on_begin([&](const std::string& name) { terminal.begin(name); })
          .on_result([&](const DrillResult& each) { terminal.end(each); });
  InterruptGuard interrupts;  // so that a Ctrl-C removes the folder, too
  DrillReport report = drill_in_processes(argv, options);
  terminal.write(
      fmt::format("{} in {:.1f} s\n", report.summary(), report.seconds()));
  return report.passed();
}

}  // namespace thexp::detail
