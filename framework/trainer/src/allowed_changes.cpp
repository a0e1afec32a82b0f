#include "allowed_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fingerprint.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

const std::vector<std::string> kWords = {"params", "data", "device",
                                         "callbacks"};

}  // namespace

AllowedChanges::AllowedChanges(const std::string& words, std::string origin)
    : origin_(std::move(origin)) {
  if (words.empty()) return;
  for (const std::string& word : split(words, ',')) {
    bool known = std::find(kWords.begin(), kWords.end(), word) != kWords.end();
    if (!known) {
      throw UsageError(fmt::format(
          "--allow: '{}' is not one of {} (several are joined by commas){}",
          word, join(kWords, ", "),
          word == "code" ? "; a rebuilt program needs no permission" : ""));
    }
    words_.push_back(word);
  }
}

bool AllowedChanges::allows(const std::string& word) const {
  return std::find(words_.begin(), words_.end(), word) != words_.end();
}

std::string AllowedChanges::flag_with(const std::string& word) const {
  std::vector<std::string> all = words_;
  if (!allows(word)) all.push_back(word);
  return "--allow=" + join(all, ",");
}

void AllowedChanges::check(const std::string& word,
                           const Value& saved,
                           const Value& now) const {
  std::vector<std::string> lines = differences(saved, now);
  if (allows(word) || lines.empty()) return;
  throw UsageError(fmt::format(
      "this would not continue {}: its {} changed (there -> here):\n  {}\n"
      "({} continues all the same; without --resume or --auto_resume a new run "
      "starts)",
      origin_, word, join(lines, "\n  "), flag_with(word)));
}

}  // namespace thexp
