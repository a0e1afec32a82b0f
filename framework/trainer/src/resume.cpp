#include "resume.h"

#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <string_view>

#include "environment.h"
#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/base/text.h"
#include "thexp/state/pt.h"
#include "thexp/state/saver.h"
#include "thexp/tracking/event_file.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

// Parameters that a continuation may have otherwise: they say where results
// go and how to begin, not what is computed.
// (The device is compared as what it turned out to be.)
constexpr const char* kFree[] = {
    "resume",          "auto_resume", "allow",       "phase",
    "workspace",       "device",      "log.console", "log.level",
    "log.tensorboard", "drill",       "checkpoint.", "more_epochs",
};

constexpr std::string_view kWords[] = {"params", "data", "code", "device"};

constexpr const char* kNewest = "latest";  // what a bare --resume means
constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kLog = "console.log";

bool is_free(const std::string& key) {
  return std::any_of(std::begin(kFree), std::end(kFree),
                     [&](const std::string& each) {
                       bool group = each.back() == '.';
                       return group ? starts_with(key, each) : key == each;
                     });
}

void flatten(const Value& value, const std::string& path, Value& out) {
  if (!value.is_dict()) {
    out[path] = value;
    return;
  }
  for (const auto& [key, item] : value.as_dict()) {
    flatten(item, path.empty() ? key : path + "." + key, out);
  }
}

std::string text_of(const Value* value) {
  return value == nullptr ? "absent" : value->to_json();
}

std::int64_t length_of(const fs::path& file) {
  std::error_code error;
  auto bytes = fs::file_size(file, error);
  if (error) {
    throw FileError::system("cannot read the length of", file, error.value());
  }
  return static_cast<std::int64_t>(bytes);
}

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

// A start that failed before its first checkpoint is no run to continue.
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

State load_named(const std::string& file) {
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
  throw UsageError(fmt::format(
      "{}: there is no run of '{}' in {}; {}",
      params.resume.get().empty() ? "--auto_resume" : "--resume", experiment,
      root.string(),
      trains ? "leave --resume away to start one, or use --auto_resume"
             : "train one first, or name one with --resume=RUN"));
}

}  // namespace

std::optional<RunRecord> run_to_continue(const TrainerParams& params,
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

std::optional<State> file_to_begin_from(const TrainerParams& params) {
  const std::string& file = *params.resume;
  if (!names_file(params)) return std::nullopt;
  if (*params.auto_resume) {
    throw UsageError(
        fmt::format("--resume={} begins a new run each time, --auto_resume "
                    "goes on with the "
                    "newest: leave one of them away",
                    file));
  }
  State loaded = load_named(file);
  if (loaded.is_dict() && loaded.find("thexp") != nullptr) return loaded;
  throw UsageError(
      fmt::format("--resume={0}: that is no checkpoint of a training (no "
                  "'thexp' in it); to "
                  "begin with its weights alone say --init={0}",
                  file));
}

Value params_fingerprint(const TrainerParams& params) {
  Value all = Value::Dict{};
  for (const std::string& key : params.keys()) {
    if (!is_free(key)) all[key] = params[key];
  }
  return all;
}

Value params_to_compare(const TrainerParams& params, const Value& saved) {
  Value now = params_fingerprint(params);
  const Value *epoch = saved.find("epoch"), *seed = saved.find("seed");
  if (params.more_epochs.get() && epoch != nullptr) now["epoch"] = *epoch;
  if (*params.seed < 0 && seed != nullptr) now["seed"] = *seed;
  return now;
}

Value device_fingerprint(c10::Device device) {
  Value all =
      Value::Dict{{"device", device.str()}, {"world_size", world_size()}};
  if (device.is_cuda()) all["cuda_devices"] = cuda_devices();
  return all;
}

std::string code_fingerprint() {
  return fmt::format("program {}, LibTorch {}",
                     hex64(hash64(read_file("/proc/self/exe"))), TORCH_VERSION);
}

std::vector<std::string> differences(const Value& saved, const Value& now) {
  Value before = Value::Dict{}, after = Value::Dict{};
  flatten(saved, "", before);
  flatten(now, "", after);
  std::vector<std::string> lines;
  auto compare = [&](const std::string& key) {
    const Value *a = before.find(key), *b = after.find(key);
    bool same = a != nullptr && b != nullptr && *a == *b;
    std::string line = fmt::format("{}: {} -> {}", key, text_of(a), text_of(b));
    bool known = std::find(lines.begin(), lines.end(), line) != lines.end();
    if (!same && !known) lines.push_back(line);
  };
  for (const auto& entry : before.as_dict()) compare(entry.first);
  for (const auto& entry : after.as_dict()) compare(entry.first);
  return lines;
}

Allowance::Allowance(const std::string& words, std::string origin)
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

void Allowance::check(const std::string& word,
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

Value file_lengths(const fs::path& run, bool log_is_whole) {
  std::int64_t log = log_is_whole ? length_of(run / kLog) : -1;
  Value lengths =
      Value::Dict{{kMetrics, length_of(run / kMetrics)}, {kLog, log}};
  for (const fs::path& file : find_event_files(run)) {
    lengths[file.filename().string()] = length_of(file);
  }
  return lengths;
}

void sync_files(const fs::path& run) {
  for (const char* name : {kMetrics, kLog}) sync_file(run / name);
  for (const fs::path& file : find_event_files(run)) sync_file(file);
}

void require_own_files(const fs::path& checkpoint, const Value& lengths) {
  for (const auto& entry : lengths.as_dict()) {
    const std::string& name = entry.first;
    if (fs::path(name).filename() == name) continue;
    throw FormatError(fmt::format(
        "{}: it has a length for '{}', which is no file in its run's folder",
        checkpoint.string(), name));
  }
}

std::vector<std::string> cut_files(const fs::path& run, const Value& lengths) {
  std::vector<std::string> warnings;
  for (const fs::path& file : find_event_files(run)) {
    bool is_later = lengths.find(file.filename().string()) == nullptr;
    if (is_later) remove_file(file);
  }
  for (const auto& [name, length] : lengths.as_dict()) {
    if (length.as_integer() < 0) continue;
    auto wanted = static_cast<std::uintmax_t>(length.as_integer());
    fs::path file = run / name;
    std::error_code absent;
    auto there = fs::file_size(file, absent);
    if (absent) there = 0;
    if (there > wanted) cut_file(file, wanted);
    if (there < wanted) {
      warnings.push_back(
          fmt::format("{} has lost its last {} bytes (the machine went down?)",
                      file.string(), wanted - there));
    }
  }
  return warnings;
}

}  // namespace thexp
