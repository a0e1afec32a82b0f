#include "find_run.h"

#include <fmt/format.h>

#include "checkpoint.h"
#include "environment.h"
#include "fingerprint.h"
#include "length.h"
#include "other_workspace.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/pt.h"
#include "thexp/state/saver.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

constexpr const char* kNewest = "latest";  // what a bare --resume means
constexpr const char* kBest = "best";

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

// Of this very length, too: runs of several lengths may be there to be
// compared.
bool is_same_training(const TrainerParams& params, const Value& trained) {
  Value before = params_fingerprint(params, flat_params(params, trained));
  put_length(before, length_in(before));
  const Until length = length_of(params);
  Value now = params_to_compare(params, length, before);
  if (!counts_more(params)) put_length(now, length);
  return before == now;
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
    bool same = is_same_training(params, run.params());
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

// "best", or "RUN:best".
bool names_best(const std::string& wanted) {
  return wanted == kBest || ends_with(wanted, std::string(":") + kBest);
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

// "; <run>/checkpoints has: …", of the newest run that has any.
std::string newest_files(const TrainerParams& params,
                         const std::string& experiment) {
  fs::path root = workspace_path(*params.workspace);
  if (!is_experiment(root, experiment)) return "";
  for (const RunRecord& run : Workspace(root).runs(experiment)) {
    std::vector<std::string> names;
    for (const SavedFile& file : Saver(run.path).find_checkpoints()) {
      names.push_back(file.path.filename().string());
    }
    if (names.empty()) continue;
    return fmt::format("; {} has: {}", (run.path / "checkpoints").string(),
                       join(names, ", "));
  }
  return "";
}

// A name without a folder is perhaps that of a checkpoint of the newest run.
State load_file(const TrainerParams& params,
                const std::string& experiment,
                const fs::path& file) {
  try {
    return load_pt(file);
  } catch (const Error& error) {
    bool is_absent = !file.has_parent_path() && !fs::exists(file);
    throw UsageError(fmt::format(
        "--resume={}: {}{}", params["resume"].as_text(), error.what(),
        is_absent ? newest_files(params, experiment) : ""));
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

// Of the experiment, whose runs there must be.
RunRecord newest_run(const TrainerParams& params,
                     const std::string& experiment) {
  fs::path root = workspace_path(*params.workspace);
  if (!is_experiment(root, experiment)) throw_no_run(params, experiment, root);
  try {
    return newest_with_checkpoints(Workspace(root).runs(experiment));
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--resume={}: {}", params["resume"].as_text(),
                                 error.what()));
  }
}

fs::path best_file(const TrainerParams& params, const std::string& experiment) {
  const std::string& wanted = *params.resume;
  std::string name =
      wanted.substr(0, wanted.size() - std::string(kBest).size());
  if (!name.empty()) name.pop_back();  // the colon
  RunRecord run = name.empty()
                      ? newest_run(params, experiment)
                      : run_called(workspace_path(*params.workspace), name);
  if (auto best = Saver(run.path).find_best()) return best->path;
  throw UsageError(
      fmt::format("--resume={}: no checkpoint of {} is marked as the best; "
                  "checkpoint.keep_best or ModelCheckpoint marks one",
                  wanted, run.path.string()));
}

CheckpointFile newest_file(const RunRecord& run) {
  if (auto latest = Saver(run.path).load_latest()) {
    return {latest->file.path, std::move(latest->state)};
  }
  throw UsageError(fmt::format("the run {} has no checkpoint to go on from",
                               run.path.string()));
}

[[noreturn]] void throw_begins_anew(const std::string& wanted) {
  throw UsageError(
      fmt::format("--resume={} begins a new run each time, but --auto_resume "
                  "goes on with the newest: omit one of them",
                  wanted));
}

}  // namespace

std::string experiment_of(const TrainerParams& params) {
  if (!params.exp_name.get().empty()) return *params.exp_name;
  return fs::path(command_line().front()).filename().string();
}

std::optional<RunRecord> find_run_to_continue(const TrainerParams& params,
                                              const std::string& experiment) {
  const std::string& wanted = *params.resume;
  require_no_empty_name(params);
  if (wanted.empty() && !*params.auto_resume) return std::nullopt;
  if (names_file(params) || names_best(wanted)) return std::nullopt;
  if (find_in_other_workspace(params)) return std::nullopt;
  fs::path root = workspace_path(*params.workspace);
  if (!wanted.empty() && wanted != kNewest) return run_called(root, wanted);
  bool may_begin = wanted.empty() && *params.phase == "train";
  if (!may_begin) return newest_run(params, experiment);
  // A start that was killed at once may have left a folder without a run.
  if (!is_experiment(root, experiment)) return std::nullopt;
  return newest_unfinished(Workspace(root).runs(experiment), params);
}

std::optional<CheckpointFile> load_file_to_begin_from(
    const TrainerParams& params, const std::string& experiment) {
  const std::string& wanted = *params.resume;
  bool is_best = names_best(wanted);
  std::optional<RunRecord> other;
  if (!is_best) other = find_in_other_workspace(params);
  if (!other && !is_best && !names_file(params)) return std::nullopt;
  if (*params.auto_resume) throw_begins_anew(wanted);
  if (other) return newest_file(*other);
  fs::path file = is_best ? best_file(params, experiment) : fs::path(wanted);
  State loaded = load_file(params, experiment, file);
  if (Checkpoint::is_one(loaded)) {
    return CheckpointFile{std::move(file), std::move(loaded)};
  }
  throw UsageError(fmt::format(
      "--resume={0}: this is not a checkpoint of a training (there is no "
      "'thexp' in it); to begin with its weights alone say --init.from={0}",
      wanted));
}

}  // namespace thexp
