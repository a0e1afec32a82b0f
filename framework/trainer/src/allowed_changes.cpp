#include "allowed_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "fingerprint.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kWords[] = {"params", "data", "code", "device"};

}  // namespace

AllowedChanges::AllowedChanges(const std::string& words, std::string origin)
    : origin_(std::move(origin)) {
  if (words.empty()) return;
  for (const std::string& word : split(words, ',')) {
    bool known = std::find(std::begin(kWords), std::end(kWords), word) !=
                 std::end(kWords);
    if (!known) {
      throw UsageError(fmt::format(
          "--allow: '{}' is not one of params, data, code, device (several are "
          "joined by commas)",
          word));
    }
    words_.push_back(word);
  }
}

void AllowedChanges::check(const std::string& word,
                           const Value& saved,
                           const Value& now) const {
  bool allowed = std::find(words_.begin(), words_.end(), word) != words_.end();
  std::vector<std::string> lines = differences(saved, now);
  if (allowed || lines.empty()) return;
  throw UsageError(fmt::format(
      "this would not continue {1}: its {0} changed (there -> here):\n  {2}\n"
      "(--allow={0} continues all the same; without --resume or --auto_resume "
      "a "
      "new run starts)",
      word, origin_, join(lines, "\n  ")));
}

}  // namespace thexp
