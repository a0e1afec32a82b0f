#include "thexp/experiments/trash.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "folder.h"
#include "leftovers.h"
#include "run_hold.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"
#include "thexp/tracking/workspace.h"
#include "trashed_name.h"

namespace thexp {
namespace {

constexpr const char* kDeleting = ".deleting";

// When a run was removed stands beside it: its own files stay as they were.
fs::path note_of(const fs::path& trashed) {
  return trashed.string() + ".removed.json";
}

void write_note(const fs::path& trashed, SystemTime time) {
  std::chrono::duration<double> seconds = time.time_since_epoch();
  Value note =
      Value::Dict{{"time", iso8601(time)}, {"unix_seconds", seconds.count()}};
  write_file_atomic(note_of(trashed), note.to_json() + "\n");
}

SystemTime time_of(double unix_seconds) {
  return SystemTime(std::chrono::duration_cast<SystemTime::duration>(
      std::chrono::duration<double>(unix_seconds)));
}

// Without a note that can be read: long ago.
SystemTime removed_at(const fs::path& trashed) {
  try {
    Value note = Value::from_json(read_file(note_of(trashed)));
    return time_of(note.at("unix_seconds").as_real());
  } catch (const Error&) {
    return {};
  }
}

TrashedRun trashed_run(const fs::path& path) {
  return {path.parent_path().filename().string(), path.filename().string(),
          path, removed_at(path), folder_bytes(path)};
}

// By its folders: a copied one has another run's name in its run.json.
std::string name_in_workspace(const RunRecord& run) {
  return run.path.parent_path().filename().string() + "/" +
         run.path.filename().string();
}

// As what it stands in the workspace, also when it was given as ".".
RunRecord in_place(RunRecord run, const fs::path& workspace) {
  run.path = fs::canonical(run.path);
  std::error_code error;
  bool inside =
      fs::equivalent(run.path.parent_path().parent_path(), workspace, error);
  if (inside) return run;
  throw UsageError(
      fmt::format("run '{}' is not in the workspace '{}', whose trash this is",
                  run.path.string(), workspace.string()));
}

void check_not_written(const RunRecord& run) {
  if (run.status != RunStatus::kRunning) return;
  throw UsageError(fmt::format(
      "run {} is running: process {} on {} writes to it; stop it first, or "
      "remove it with --force",
      name_in_workspace(run), run.pid, run.host));
}

// The runs that go on from `name` and stay.
std::vector<std::string> children_of(const std::string& name,
                                     const std::vector<RunRecord>& all,
                                     const std::vector<RunRecord>& removed) {
  std::vector<std::string> children;
  for (const RunRecord& run : all) {
    if (run.parent != name) continue;
    bool goes_too = std::any_of(
        removed.begin(), removed.end(), [&](const RunRecord& other) {
          return name_in_workspace(other) == name_in_workspace(run);
        });
    if (!goes_too) children.push_back(name_in_workspace(run));
  }
  return children;
}

void check_no_parents(const std::vector<RunRecord>& runs,
                      const fs::path& workspace) {
  std::vector<RunRecord> all = Workspace(workspace).runs();
  for (const RunRecord& run : runs) {
    std::string name = name_in_workspace(run);
    std::vector<std::string> children = children_of(name, all, runs);
    if (children.empty()) continue;
    throw UsageError(fmt::format(
        "run {} is the parent of {}; remove them too, or this one with --force",
        name, list_some(children)));
  }
}

}  // namespace

Trash::Trash(fs::path workspace, const Clock& clock)
    : workspace_(std::move(workspace)),
      root_(workspace_ / ".trash"),
      clock_(clock) {}

std::vector<TrashedRun> Trash::remove(const std::vector<RunRecord>& runs,
                                      bool force) {
  std::vector<RunRecord> checked;
  for (const RunRecord& run : runs) {
    checked.push_back(in_place(run, workspace_));
  }
  if (!force) {
    for (const RunRecord& run : checked) check_not_written(run);
    check_no_parents(checked, workspace_);
  }
  std::vector<TrashedRun> removed;
  for (const RunRecord& run : checked) {
    RunHold hold(run.path);
    if (!force) hold.require();
    removed.push_back(move_away(run));
  }
  return removed;
}

TrashedRun Trash::move_away(const RunRecord& run) {
  fs::path to = root_ / name_in_workspace(run);
  if (fs::exists(to)) {
    throw UsageError(fmt::format(
        "the trash holds a run {} already; put that one back with thexp "
        "restore, or empty the trash with thexp gc",
        name_in_workspace(run)));
  }
  try {
    write_note(to, clock_.now());
  } catch (const FileError&) {
    // On a full disk it counts as removed long ago: gc frees it.
  }
  try {
    if (!move_folder(run.path, to)) return move_away(run);  // it says why
  } catch (const Error&) {
    remove_file(note_of(to));
    throw;
  }
  return trashed_run(to);
}

std::vector<TrashedRun> Trash::runs() const {
  std::vector<TrashedRun> runs;
  for (const fs::path& experiment : folders_in(root_)) {
    if (experiment.filename() == kDeleting) continue;
    for (const fs::path& run : folders_in(experiment)) {
      runs.push_back(trashed_run(run));
    }
  }
  std::stable_sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return a.removed > b.removed;
  });
  return runs;
}

TrashedRun Trash::find(const std::string& name) const {
  return find_trashed(name, runs(), root_);
}

fs::path Trash::restore(const TrashedRun& run) {
  fs::path to = workspace_ / run.experiment / run.id;
  if (!move_folder(run.path, to)) {
    throw UsageError(fmt::format(
        "run {} cannot be restored: '{}' is there already; move that away "
        "first",
        run.name(), to.string()));
  }
  remove_file(note_of(run.path));
  return to;
}

Garbage Trash::garbage(std::chrono::duration<double> older) const {
  Garbage garbage;
  for (TrashedRun& run : runs()) {
    if (clock_.now() - run.removed < older) continue;
    garbage.bytes += run.bytes;
    garbage.runs.push_back(std::move(run));
  }
  garbage.leftovers = find_leftovers(workspace_, clock_);
  for (const fs::path& experiment : folders_in(root_ / kDeleting)) {
    for (const fs::path& run : folders_in(experiment)) {
      garbage.leftovers.push_back(run);
    }
  }
  for (const fs::path& leftover : garbage.leftovers) {
    bool is_file = fs::is_regular_file(fs::symlink_status(leftover));
    garbage.bytes += is_file ? fs::file_size(leftover) : folder_bytes(leftover);
  }
  return garbage;
}

namespace {

// One that cannot be read names no snapshot.
void forget_run(const fs::path& folder,
                const std::function<void(const RunRecord&)>& forget) {
  if (!forget || !fs::exists(folder / "run.json")) return;
  std::optional<RunRecord> run;
  try {
    run = read_run(folder);
  } catch (const Error&) {
    return;
  }
  forget(*run);
}

}  // namespace

// Half a run must never be restored: it leaves the trash before its files go.
void Trash::empty(const Garbage& garbage,
                  const std::function<void(const RunRecord&)>& forget) {
  for (const fs::path& leftover : garbage.leftovers) {
    forget_run(leftover, forget);
    remove_tree(leftover);
  }
  for (const TrashedRun& run : garbage.runs) {
    fs::path doomed = root_ / kDeleting / run.experiment / run.id;
    remove_tree(doomed);
    if (!fs::exists(run.path)) continue;  // restored meanwhile, or deleted
    move_folder(run.path, doomed);
    remove_file(note_of(run.path));
    forget_run(doomed, forget);
    remove_tree(doomed);
  }
}

}  // namespace thexp
