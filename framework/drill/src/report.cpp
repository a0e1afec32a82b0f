// What a drill looks like as text.
#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/columns.h"
#include "thexp/base/text.h"
#include "thexp/drill/drill.h"

namespace thexp {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kIndent = 25;  // "  PASS  kill and resume  "

std::string indented(const std::vector<std::string>& lines) {
  return join(lines, "\n" + std::string(kIndent, ' '));
}

// A message of several lines (a user's exception) on one.
std::string one_paragraph(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

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
                  indented(wrap_words(one_paragraph(result.reason), columns)));
  if (result.hint.empty()) return text;
  return text + "\n" + std::string(kIndent, ' ') +
         indented(wrap_words("-> " + one_paragraph(result.hint), columns));
}

std::string DrillReport::to_string() const {
  std::string text;
  for (const DrillResult& result : results) {
    text += thexp::to_string(result) + "\n";
  }
  return text + summary() + "\n";
}

std::string DrillReport::summary() const {
  std::string text;
  for (DrillVerdict verdict :
       {DrillVerdict::kPass, DrillVerdict::kWarn, DrillVerdict::kSkip,
        DrillVerdict::kFail, DrillVerdict::kTimeout}) {
    auto count = std::count_if(
        results.begin(), results.end(),
        [&](const DrillResult& result) { return result.verdict == verdict; });
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                        verdict_word(verdict));
  }
  return text;
}

double DrillReport::seconds() const {
  double seconds = 0;
  for (const DrillResult& result : results) seconds += result.seconds;
  return seconds;
}

}  // namespace thexp
