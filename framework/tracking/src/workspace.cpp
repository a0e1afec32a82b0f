#include "thexp/tracking/workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "run_id.h"
#include "run_json.h"
#include "run_name.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

bool is_run_folder(const fs::path& path) {
  if (is_run_id(path.filename().string())) return true;
  std::error_code unreadable;
  return fs::exists(path / run_json::kFileName, unreadable);
}

bool is_hidden(const fs::path& path) {
  return path.filename().string()[0] == '.';
}

std::vector<fs::path> folders_in(const fs::path& path) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; at != end;
       at.increment(error)) {
    if (at->path().filename().string()[0] == '.') continue;  // .sets, .trash
    std::error_code unreadable;  // a link to itself, say: it is not a folder
    if (at->is_directory(unreadable)) folders.push_back(at->path());
  }
  if (error) throw FileError::cannot_list(path, error.value());
  std::sort(folders.begin(), folders.end());
  return folders;
}

// Of an experiment that only another user may read: nothing.
std::vector<fs::path> readable_folders_in(const fs::path& path) {
  std::error_code error;
  fs::directory_iterator open(path, error);
  bool is_private = error == std::errc::permission_denied;
  return is_private ? std::vector<fs::path>() : folders_in(path);
}

// By the instant: names hold local time, which another zone, or the end of
// summer time, puts in another order.
bool is_newer(const RunRecord& a, const RunRecord& b) {
  auto key = [](const RunRecord& run) {
    return std::tuple(run.start, run.path.filename().string());
  };
  return key(a) > key(b);
}

std::string hint_of(const std::string& name,
                    const std::vector<std::string>& names) {
  std::string near = closest_match(name, names);
  if (!near.empty()) return fmt::format("; did you mean '{}'?", near);
  if (names.empty()) return "; the workspace holds no experiments";
  return fmt::format("; experiments there: {}", join(names, ", "));
}

}  // namespace

fs::path workspace_path(const std::string& given) {
  if (!given.empty()) return given;
  const char* from_environment = std::getenv("THEXP_WORKSPACE");
  bool is_set = from_environment != nullptr && *from_environment != '\0';
  if (!is_set) return "runs";
  try {
    return expand_path(from_environment);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("THEXP_WORKSPACE: {}", error.what()));
  }
}

void check_experiment_name(const std::string& name) {
  constexpr std::size_t kLongest = 200;
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  bool good = !name.empty() && name.size() <= kLongest && name[0] != '.' &&
              name.find('/') == std::string::npos &&
              std::none_of(name.begin(), name.end(), is_control);
  if (good) return;
  throw UsageError(fmt::format(
      "the experiment name {} cannot name a folder: it must have 1 to {} bytes,"
      " no '/' and no control characters, and not start with '.', such as "
      "mnist_lr=0.1",
      Value(name).to_json(), kLongest));
}

Workspace::Workspace(fs::path root, const Clock& clock)
    : root_(std::move(root)), clock_(clock) {
  if (fs::is_directory(root_)) return;
  throw FileError(fmt::format(
      "there is no workspace '{}': {}; programs make it with their first run, "
      "and --workspace or THEXP_WORKSPACE name another one",
      root_.string(),
      fs::exists(root_) ? "it is not a folder" : "no such folder"));
}

std::vector<std::string> Workspace::experiments() const {
  std::vector<std::string> names;
  for (const fs::path& folder : folders_in(root_)) {
    if (is_hidden(folder)) continue;  // the trash, sets and the like
    std::vector<fs::path> inner = readable_folders_in(folder);
    bool has_runs = std::any_of(inner.begin(), inner.end(), is_run_folder);
    if (has_runs) names.push_back(folder.filename().string());
  }
  return names;
}

bool Workspace::has_experiment(const std::string& name) const {
  std::vector<std::string> names = experiments();
  return std::binary_search(names.begin(), names.end(), name);
}

void Workspace::require_experiment(const std::string& name) const {
  std::vector<std::string> names = experiments();
  if (std::binary_search(names.begin(), names.end(), name)) return;
  throw UsageError(fmt::format("no experiment '{}' in the workspace '{}'{}",
                               name, root_.string(), hint_of(name, names)));
}

std::vector<RunRecord> Workspace::runs(const std::string& experiment) const {
  std::vector<RunRecord> all;
  if (!experiment.empty()) require_experiment(experiment);
  for (const std::string& name : experiments()) {
    if (!experiment.empty() && name != experiment) continue;
    for (RunRecord& run : runs_below(name)) all.push_back(std::move(run));
  }
  std::stable_sort(all.begin(), all.end(), is_newer);
  return all;
}

std::vector<RunRecord> Workspace::runs_below(
    const std::string& experiment) const {
  std::vector<RunRecord> records;
  for (const fs::path& folder : folders_in(root_ / experiment)) {
    if (is_run_folder(folder)) records.push_back(read(folder));
  }
  return records;
}

// One broken run must not hide the others.
RunRecord Workspace::read(const fs::path& folder) const {
  try {
    return read_run(folder, clock_);
  } catch (const Error& error) {
    return unreadable_record(folder, error.what());
  }
}

std::vector<fs::path> Workspace::folders(const std::string& experiment) const {
  std::vector<fs::path> runs;
  bool is_name = !experiment.empty() && experiment[0] != '.' &&
                 experiment.find('/') == std::string::npos;
  if (!experiment.empty() && !is_name) return runs;
  for (const fs::path& folder : folders_in(root_)) {
    std::string name = folder.filename().string();
    if (!experiment.empty() && name != experiment) continue;
    for (const fs::path& run : readable_folders_in(folder)) {
      if (is_run_folder(run)) runs.push_back(run);
    }
  }
  return runs;
}

RunRecord Workspace::find(const std::string& name) const {
  return RunName(*this, name).find();
}

}  // namespace thexp
