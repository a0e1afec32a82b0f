#include "best_mark.h"

#include <string>

#include "thexp/base/error.h"

namespace thexp {
namespace {

constexpr const char* kBest = "best";
constexpr const char* kEntry = "checkpoint";

// Empty when the file is damaged: the link may know more.
std::string name_in(const fs::path& path) {
  std::string text = read_file(path);
  try {
    return Value::from_json(text, path.string()).at(kEntry).as_text();
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

fs::path BestMark::path() const { return folder_.path() / "best.json"; }

// A run of an earlier version has the link alone.
std::optional<SavedFile> BestMark::find() const {
  std::error_code absent;
  std::string name = fs::exists(path(), absent) ? name_in(path()) : "";
  return name.empty() ? folder_.link_target(kBest) : folder_.find(name);
}

void BestMark::set(const SavedFile& file) const {
  folder_.set_link(kBest, file);
  Value mark =
      Value::Dict{{"format", 1}, {kEntry, file.path.filename().string()}};
  write_file_atomic(path(), mark.to_json(2) + "\n");
}

void BestMark::remove() const {
  folder_.remove_link(kBest);
  remove_file(path());
}

void BestMark::mend_link() const {
  auto marked = find();
  if (!marked) return;
  auto shown = folder_.link_target(kBest);
  if (shown && shown->path == marked->path) return;
  std::error_code absent;
  fs::file_status there = fs::symlink_status(folder_.link(kBest), absent);
  bool is_other_file = fs::exists(there) && !fs::is_symlink(there);
  if (!is_other_file) folder_.set_link(kBest, *marked);
}

}  // namespace thexp
