#include "own_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kTaken[] = {
    "run.json",    "params.yaml", "metrics.jsonl", "console.log",
    "checkpoints", "keypoints",   "models",        "predictions.pt",
    "crash.txt",   "live.json",   "labels.json",   "files.json",
    "samples"};

bool is_run_s(const std::string& name) {
  bool is_taken =
      std::find(std::begin(kTaken), std::end(kTaken), name) != std::end(kTaken);
  return is_taken || starts_with(name, "events.") ||
         starts_with(name, "params-until-");
}

void require_name(const std::string& name) {
  bool is_plain = !name.empty() && name[0] != '.' &&
                  fs::path(name).filename() == fs::path(name);
  if (is_plain && !is_run_s(name)) return;
  throw UsageError(fmt::format(
      "run_file(\"{}\"): {}", name,
      is_plain ? "the run has a file of that name itself; take another"
               : "a plain file name, such as episodes.csv"));
}

}  // namespace

void OwnFiles::continue_with(const Value& lengths) {
  std::lock_guard<std::mutex> lock(mutex_);
  is_continued_ = true;
  for (const auto& [name, length] : lengths.as_dict()) {
    if (!is_run_s(name)) names_.insert(name);
  }
}

AppendFile& OwnFiles::open(const fs::path& folder, const std::string& name) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto& file = files_[name];
  if (file != nullptr) return *file;
  require_name(name);
  bool is_new = names_.insert(name).second;
  if (is_new && is_continued_) remove_file(folder / name);
  file = std::make_unique<AppendFile>(folder / name);
  return *file;
}

std::vector<std::string> OwnFiles::names() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return {names_.begin(), names_.end()};
}

}  // namespace thexp
