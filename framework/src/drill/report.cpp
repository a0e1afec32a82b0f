// What a drill looks like, as text and on a terminal.
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "run.h"
#include "thexp/base/text.h"
#include "thexp/framework/interrupts.h"

namespace thexp {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kIndent = 25;  // "  PASS  kill and resume  "

// Lines of at most `columns`, cut between words.
std::vector<std::string> wrapped(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines = {""};
  for (const std::string& word : split(text, ' ')) {
    std::size_t width = display_width(lines.back()) + 1 + display_width(word);
    if (!lines.back().empty() && width > columns) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

std::string indented(const std::vector<std::string>& lines) {
  return join(lines, "\n" + std::string(kIndent, ' '));
}

// A message of several lines (a user's exception) on one.
std::string one_paragraph(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string summary(const DrillReport& report) {
  std::string text;
  for (DrillVerdict verdict :
       {DrillVerdict::kPass, DrillVerdict::kWarn, DrillVerdict::kSkip,
        DrillVerdict::kFail, DrillVerdict::kTimeout}) {
    auto count = std::count_if(
        report.results.begin(), report.results.end(),
        [&](const DrillResult& result) { return result.verdict == verdict; });
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                        verdict_word(verdict));
  }
  return text;
}

double seconds_of(const DrillReport& report) {
  double seconds = 0;
  for (const DrillResult& result : report.results) seconds += result.seconds;
  return seconds;
}

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

const char* verdict_word(DrillVerdict verdict) {
  switch (verdict) {
    case DrillVerdict::kPass:
      return "PASS";
    case DrillVerdict::kWarn:
      return "WARN";
    case DrillVerdict::kSkip:
      return "skip";
    case DrillVerdict::kFail:
      return "FAIL";
    case DrillVerdict::kTimeout:
      break;
  }
  return "TIME";
}

std::string to_string(const DrillResult& result) {
  std::size_t columns = kColumns - kIndent;
  std::string text =
      fmt::format("  {}  {:<15}  {}", verdict_word(result.verdict), result.name,
                  indented(wrapped(one_paragraph(result.reason), columns)));
  if (result.hint.empty()) return text;
  return text + "\n" + std::string(kIndent, ' ') +
         indented(wrapped("-> " + one_paragraph(result.hint), columns));
}

std::string DrillReport::to_string() const {
  std::string text;
  for (const DrillResult& result : results) {
    text += thexp::to_string(result) + "\n";
  }
  return text + summary(*this) + "\n";
}

int drill_program(TrainerParams& params,
                  const TrainerFactory& make_trainer,
                  const std::vector<std::string>& argv) {
  if (is_drill_process()) return perform_asked_session(make_trainer);
  DrillTerminal terminal;
  terminal.write(fmt::format(
      "drill: a few steps of this training, again and again, for at most {:g} "
      "seconds\n",
      *params.drill));
  auto runner = [&](const DrillSession& session, double seconds) {
    return run_in_process(session, seconds, argv);
  };
  auto options =
      DrillOptions()
          .seconds(*params.drill)
          .on_begin([&](const std::string& name) { terminal.begin(name); })
          .on_result([&](const DrillResult& each) { terminal.end(each); });
  InterruptGuard interrupts;  // a Ctrl-C removes the folder, too
  DrillReport report = run_drill(runner, /*own_processes=*/true, options);
  terminal.write(
      fmt::format("{} in {:.1f} s\n", summary(report), seconds_of(report)));
  return report.passed() ? kExitDone : kExitFailed;
}

}  // namespace thexp
