#include "find_run.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

std::optional<RunRecord> find_in(const fs::path& root,
                                 const std::string& name) {
  try {
    return Workspace(root).find(name);
  } catch (const Error&) {
    return std::nullopt;  // it is not there
  }
}

bool is_called(const KnownRun& run, const std::string& name) {
  return name == run.id || name == run.experiment + "/" + run.id;
}

// Where it was, of a run that is in no workspace any more.
void require_not_gone(const std::string& name) {
  for (const KnownRun& run : known_runs()) {
    if (!is_called(run, name) || run.is_there()) continue;
    throw UsageError(fmt::format(
        "the run '{}' was in {}, and is not there any more; where it is now, "
        "name it by its path once",
        name, run.path.string()));
  }
}

// A run of another workspace that the home folder knows by this name.
std::optional<RunRecord> find_known_run(const std::string& name) {
  std::vector<RunRecord> found;
  for (const fs::path& root : known_workspaces()) {
    if (auto run = find_in(root, name)) found.push_back(std::move(*run));
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    require_not_gone(name);
    return std::nullopt;
  }
  std::vector<std::string> places;
  for (const RunRecord& run : found) places.push_back(run.path.string());
  throw UsageError(fmt::format("'{}' is a run in several workspaces: {}", name,
                               join(places, ", ")));
}

// "@-5" and "mnist/7" of an experiment that is here are of this workspace, and
// not of another one that has so many.
bool is_of(const Workspace& workspace, const std::string& name) {
  return starts_with(name, "@") ||
         workspace.has_experiment(name.substr(0, name.find('/')));
}

// A run that was moved is found at its new place from now on. A home that
// cannot be written is no reason not to show it.
void note_place(const RunRecord& run) {
  try {
    fs::path here = fs::canonical(run.path);
    for (const KnownRun& known : known_runs()) {
      if (known.id == run.id && known.path == here) return;
    }
    note_known_run({run.experiment, run.id, here});
  } catch (const Error&) {
  }
}

}  // namespace

RunRecord find_run_here(const std::string& workspace, const std::string& name) {
  if (!fs::exists(fs::path(name) / "run.json")) {
    return Workspace(workspace_path(expand_path(workspace))).find(name);
  }
  RunRecord run = read_run(name);
  note_place(run);
  return run;
}

RunRecord find_run(const std::string& workspace, const std::string& name) {
  fs::path usual = workspace_path(expand_path(workspace));
  bool has_one = !workspace.empty() || fs::exists(usual);
  try {
    return find_run_here(workspace, name);
  } catch (const UnknownRunError&) {
    if (!workspace.empty() || is_of(Workspace(usual), name)) throw;
    if (auto known = find_known_run(name)) return *known;
    throw;
  } catch (const FileError&) {
    if (has_one) throw;
    if (auto known = find_known_run(name)) return *known;
    throw;
  }
}

std::vector<fs::path> all_run_folders(const std::string& workspace) {
  fs::path root = workspace_path(expand_path(workspace));
  std::set<fs::path> folders;
  if (!workspace.empty() || fs::exists(root)) {
    for (const RunRecord& run : Workspace(root).runs()) {
      folders.insert(fs::canonical(run.path));
    }
  }
  if (workspace.empty()) {
    for (const KnownRun& run : known_runs()) {
      if (run.is_there()) folders.insert(fs::canonical(run.path));
    }
  }
  return {folders.begin(), folders.end()};
}

}  // namespace thexp::cli
