#include "find_run.h"

#include <fmt/format.h>

#include "checkpoint.h"
#include "fingerprint.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"
#include "thexp/state/saver.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

constexpr const char* kNewest = "latest";  // what a bare --resume means

bool was_completed(const RunRecord& run) {
  return run.status == RunStatus::kCompleted;
}

// Its checkpoints are worth a look before everything is trained again.
[[noreturn]] void throw_unreadable(const RunRecord& run) {
  throw FormatError(fmt::format(
      "the newest run that has checkpoints cannot be continued: {}; mend the "
      "file, or move {} away",
      run.error, run.path.string()));
}

bool has_checkpoints(const RunRecord& run) {
  return !Saver(run.path).find_checkpoints().empty();
}

// A start that failed before its first checkpoint cannot be continued.
RunRecord newest_with_checkpoints(const std::vector<RunRecord>& runs) {
  for (const RunRecord& run : runs) {
    if (!has_checkpoints(run)) continue;
    if (run.status == RunStatus::kUnreadable) throw_unreadable(run);
    return run;
  }
  throw UsageError(fmt::format(
      "none of the {} runs has a checkpoint to continue from, the newest is {}",
      runs.size(), runs.front().path.string()));
}

// auto_resume goes on with the newest run of this very training, completed or
// not. One with other parameters counts (and is refused with the differences)
// only when it is unfinished and no completed one came after it.
std::optional<RunRecord> newest_unfinished(const std::vector<RunRecord>& runs,
                                           const TrainerParams& params) {
  bool over = false;
  for (const RunRecord& run : runs) {
    if (!has_checkpoints(run)) continue;
    if (run.status == RunStatus::kUnreadable) throw_unreadable(run);
    const Value* trained = run.info.find("params");
    bool same =
        trained != nullptr && *trained == params_to_compare(params, *trained);
    over = over || was_completed(run);
    if (same || !over) return run;
  }
  return std::nullopt;
}

bool is_experiment(const fs::path& root, const std::string& name) {
  return fs::exists(root) && Workspace(root).has_experiment(name);
}

// "best.pt": no run has such a name, so a missing file is called one. An
// experiment is mostly called as its program, which may lie here.
bool names_file(const TrainerParams& params) {
  const std::string& wanted = *params.resume;
  if (wanted == kNewest) return false;
  if (fs::path(wanted).extension() == ".pt") return true;
  return fs::is_regular_file(wanted) &&
         !is_experiment(workspace_path(*params.workspace), wanted);
}

// `--resume=$RUN`, and no such variable: not a new run without a word.
void require_no_empty_name(const TrainerParams& params) {
  if (!params.resume.get().empty()) return;
  if (params.origin("resume").find("command line") == std::string::npos) return;
  throw UsageError(
      "--resume=: that names no run; write --resume=RUN, or --resume for the "
      "newest");
}

// A run's folder may lie outside of the workspace, which need not be there. Of
// an experiment it is the newest that can be continued.
RunRecord run_called(const fs::path& root, const std::string& wanted) {
  try {
    if (fs::exists(fs::path(wanted) / "run.json")) return read_run(wanted);
    Workspace workspace(root);
    if (!workspace.has_experiment(wanted)) return workspace.find(wanted);
    return newest_with_checkpoints(workspace.runs(wanted));
  } catch (const Error& error) {
    throw UsageError(fmt::format("--resume={}: {}", wanted, error.what()));
  }
}

State load_file(const std::string& file) {
  try {
    return load_pt(file);
  } catch (const Error& error) {
    throw UsageError(fmt::format("--resume={}: {}", file, error.what()));
  }
}

[[noreturn]] void throw_no_run(const TrainerParams& params,
                               const std::string& experiment,
                               const fs::path& root) {
  bool trains = *params.phase == "train";
  throw UsageError(
      fmt::format("{}: there is no run of '{}' in {}; {}",
                  params.resume.get().empty() ? "--auto_resume" : "--resume",
                  experiment, root.string(),
                  trains ? "omit --resume to start one, or use --auto_resume"
                         : "train one first, or name one with --resume=RUN"));
}

}  // namespace

std::optional<RunRecord> find_run_to_continue(const TrainerParams& params,
                                              const std::string& experiment) {
  const std::string& wanted = *params.resume;
  require_no_empty_name(params);
  if (wanted.empty() && !*params.auto_resume) return std::nullopt;
  if (names_file(params)) return std::nullopt;
  fs::path root = workspace_path(*params.workspace);
  if (!wanted.empty() && wanted != kNewest) return run_called(root, wanted);
  // A start that was killed at once may have left a folder without a run.
  bool there = is_experiment(root, experiment);
  bool may_begin = wanted.empty() && *params.phase == "train";
  if (!there && may_begin) return std::nullopt;
  if (!there) throw_no_run(params, experiment, root);
  std::vector<RunRecord> runs = Workspace(root).runs(experiment);
  if (may_begin) return newest_unfinished(runs, params);
  try {
    return newest_with_checkpoints(runs);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--resume: {}", error.what()));
  }
}

std::optional<State> load_file_to_begin_from(const TrainerParams& params) {
  const std::string& file = *params.resume;
  if (!names_file(params)) return std::nullopt;
  if (*params.auto_resume) {
    throw UsageError(
        fmt::format("--resume={} begins a new run each time, but --auto_resume "
                    "goes on with the "
                    "newest: omit one of them",
                    file));
  }
  State loaded = load_file(file);
  if (Checkpoint::is_one(loaded)) return loaded;
  throw UsageError(fmt::format(
      "--resume={0}: this is not a checkpoint of a training (there is no "
      "'thexp' in it); to "
      "begin with its weights alone say --init.from={0}",
      file));
}

}  // namespace thexp
