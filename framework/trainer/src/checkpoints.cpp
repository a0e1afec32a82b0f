#include "checkpoints.h"

#include <fmt/format.h>

#include <utility>

#include "checkpoint.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/state/module_state.h"
#include "thexp/trainer/script_module.h"
#include "timeline.h"

namespace thexp {
namespace {

CheckpointPolicy::Time now() { return std::chrono::steady_clock::now(); }

// Only the prefix can be checked before the first evaluation.
void check_metric(const std::string& name) {
  if (metric_phase(name)) return;
  throw UsageError(
      fmt::format("checkpoint.best_metric={}: a metric is called train/…, "
                  "eval/… or test/…, "
                  "such as eval/loss",
                  name));
}

Mode best_mode(const TrainerParams& params) {
  const std::string& mode = *params.checkpoint_best_mode;
  if (mode == "auto") return likely_mode(*params.checkpoint_best_metric);
  return mode == "min" ? Mode::kMin : Mode::kMax;
}

Retention retention_of(const TrainerParams& params) {
  Retention rules;
  rules.last(*params.checkpoint_keep);
  if (*params.checkpoint_keep_every > 0) {
    rules.every(*params.checkpoint_keep_every);
  }
  const std::string& metric = *params.checkpoint_best_metric;
  if (!metric.empty()) check_metric(metric);
  if (*params.checkpoint_keep_best == 0) return rules;
  if (metric.empty()) {
    throw UsageError(
        fmt::format("checkpoint.keep_best={}: the best by what? Say "
                    "checkpoint.best_metric, such as eval/loss",
                    *params.checkpoint_keep_best));
  }
  return rules.best(*params.checkpoint_keep_best, metric, best_mode(params));
}

}  // namespace

void Checkpoints::configure(const TrainerParams& params) {
  policy_.set_rules(from_.plan.checkpoints(), from_.plan.saves());
  retention_ = retention_of(params);
  if (*params.checkpoint_keep_best > 0) {
    best_by_ = {*params.checkpoint_best_metric, best_mode(params)};
  }
  bool replaces = *params.checkpoint_when_busy == "replace";
  when_busy_ = replaces ? WhenBusy::kReplace : WhenBusy::kWait;
  errors_stop_ = *params.checkpoint_on_error == "stop";
}

void Checkpoints::open(const fs::path& folder) {
  SaverOptions options;
  options.retention(retention_);
  if (best_by_) options.best_by(best_by_->metric, best_by_->mode);
  saver_ = std::make_unique<Saver>(folder, std::move(options));
  saver_->restore_best();
}

Saver& Checkpoints::saver() const {
  from_.recorder.run();  // throws when there is no folder yet
  return *saver_;
}

void Checkpoints::begin_training() { policy_.begin(now()); }

void Checkpoints::after_step() {
  if (auto due = policy_.after_step(from_.progress.step, now())) {
    save(*due);
  }
}

void Checkpoints::save_requested() {
  if (auto due = policy_.if_requested(from_.progress.step)) save(*due);
}

void Checkpoints::after_epoch(bool is_last) {
  const Progress& at = from_.progress;
  if (auto due = policy_.after_epoch(at.epoch, at.step, is_last, now())) {
    save(*due);
  }
}

// fresh() throws for a metric that does not exist. One that was not evaluated
// after this step is fine.
void Checkpoints::require_best_metric() const {
  if (best_by_) from_.metrics.fresh(best_by_->metric);
}

void Checkpoints::save_rest(const State& before) {
  flush();  // one that fails is to be saved again
  if (auto due = policy_.at_end(from_.progress.step)) {
    save(*due, Value::Dict{}, before);
  }
  flush();
}

// With the lengths of the run's files: what is recorded from here on is
// recorded again by the run that goes on.
State Checkpoints::before_hooks() const {
  State before = from_.state.hook_state();
  if (!policy_.is_unsaved(from_.progress.step)) return before;
  try {
    Checkpoint::set_file_lengths(before, from_.recorder.file_lengths());
  } catch (const FileError&) {
    // A disk that refuses this refuses the checkpoint, which says so.
  }
  return before;
}

void Checkpoints::save_records() {
  const int64_t step = from_.progress.step;
  bool is_new = from_.recorder.records() != records_saved_;
  if (!is_new || !policy_.holds(step)) return;
  save(policy_.importance(step));
  flush();
}

void Checkpoints::log_what_is_saved() {
  int64_t step = from_.progress.step;
  std::string text = fmt::format("step {}", step);
  if (policy_.holds(step)) {
    from_.recorder.logger().info("saved", text, "--resume goes on from there");
  } else if (step > 0) {
    from_.recorder.logger().warn(text + " is not saved");
  }
}

void Checkpoints::retain_best(int64_t count,
                              const std::string& metric,
                              Mode mode) {
  retention_.best(count, metric, mode);
  if (saver_ == nullptr) return;  // it will get them
  flush();                        // the background writer reads the rules
  saver_->set_retention(retention_);
}

void Checkpoints::save(Value info) {
  save(policy_.importance(from_.progress.step), std::move(info));
}

// `before`: what is to be in it as it was at an epoch's end; null: nothing.
void Checkpoints::save(Importance importance, Value info, const State& before) {
  AsyncSaver& writer = async_saver();
  guard([&] { writer.check(); });  // those before this one
  guard([&] {
    State state = take_with_files();
    if (!before.is_null()) TrainingState::replace_parts(state, before);
    writer.save(point(), state, sidecar(std::move(info)), importance);
    policy_.saved(from_.progress.step);
    records_saved_ = from_.recorder.records();
  });
  policy_.tried(now());
}

fs::path Checkpoints::save_keypoint(Value info) {
  flush();
  return saver().save_keypoint(point(), take_with_files(),
                               sidecar(std::move(info)));
}

fs::path Checkpoints::save_keypoint(Value info, const State& batch_state) {
  flush();
  State whole = take_with_files();
  TrainingState::replace_parts(whole, batch_state);
  return saver().save_keypoint(point(), whole, sidecar(std::move(info)));
}

std::vector<fs::path> Checkpoints::save_models(Value info) {
  flush();
  std::vector<fs::path> files;
  Value beside = sidecar(std::move(info));
  for (const auto& [name, model] : from_.registry.models()) {
    files.push_back(saver().save_model(name, module_state(*model), beside));
    auto* script = dynamic_cast<const ScriptModule*>(model.get());
    if (script == nullptr) continue;
    files.push_back(
        saver().save_model_bytes(name + ".script", script->to_bytes(), beside));
  }
  from_.callbacks.call<kSaveModels>(beside);
  return files;
}

// The run is whole without them.
void Checkpoints::save_best_models(const BestModels& models) {
  try {
    models.save(saver());
  } catch (const FormatError& error) {
    from_.recorder.logger().warn("the best weights are not in models/best",
                                 error.what());
  }
}

// A resume loads into what models() makes.
void Checkpoints::warn_of_changes() {
  if (changes_said_) return;
  std::vector<std::string> changes = from_.registry.changes();
  if (changes.empty()) return;
  changes_said_ = true;
  from_.recorder.logger().warn(fmt::format(
      "models or optimizers have changed since set-up, so that --resume goes "
      "on only where models() makes them so again; keep() a bool that says it, "
      "and look at it there: {}",
      list_some(changes, 4, "; ")));
}

// The state, and how long the run's files are that belong to it.
State Checkpoints::take_with_files() {
  warn_of_changes();
  State state = from_.state.take();
  Checkpoint::set_file_lengths(state, from_.recorder.file_lengths());
  return state;
}

// What the file is named after.
SavePoint Checkpoints::point() const {
  return from_.plan.counts_steps() ? SavePoint::step(from_.progress.step)
                                   : SavePoint(from_.progress.epoch);
}

// What every sidecar says; the caller's own entries win.
Value Checkpoints::sidecar(Value info) const {
  const Progress& at = from_.progress;
  Value all = Value::Dict{{"epoch", at.epoch},
                          {"step", at.step},
                          {"batch", at.batch},
                          {"metrics", from_.metrics.of_this_step()}};
  Value earlier = from_.metrics.of_earlier_steps();
  if (!earlier.as_dict().empty()) all["earlier_metrics"] = std::move(earlier);
  for (auto& [key, value] : info.as_dict()) all[key] = value;
  return all;
}

AsyncSaver& Checkpoints::async_saver() {
  Saver& writer = saver();
  if (async_saver_ == nullptr) {
    async_saver_ = std::make_unique<AsyncSaver>(
        writer, when_busy_,
        [folder = writer.folder(), own = from_.recorder.shared_own_files()] {
          Timeline(folder, own->names()).sync();
        });
  }
  return *async_saver_;
}

void Checkpoints::flush() {
  if (async_saver_ == nullptr) return;
  guard([this] { async_saver_->flush(); });
}

// checkpoint.on_error: an error of saving ends training, or is only logged.
void Checkpoints::guard(const std::function<void()>& save) {
  try {
    save();
  } catch (const FileError& error) {
    if (async_saver_ != nullptr && async_saver_->last_failed()) {
      policy_.lost();  // the end of training tries again
    }
    if (errors_stop_) {
      from_.recorder.logger().error("a checkpoint cannot be saved",
                                    newest_good());
      throw;
    }
    from_.recorder.logger().warn("saving a checkpoint failed; training goes on",
                                 error.what(), newest_good());
  }
}

std::string Checkpoints::newest_good() const {
  try {
    std::vector<SavedFile> files = saver_->find_checkpoints();
    return files.empty() ? "the run has none yet"
                         : "the newest is " + files.back().path.string();
  } catch (const FileError&) {
    return "nor can the others be listed";  // its folder is gone
  }
}

void Checkpoints::set_saved(bool is_saved) {
  if (is_saved) {
    policy_.saved(from_.progress.step);
    records_saved_ = from_.recorder.records();
  } else {
    policy_.lost();
  }
}

}  // namespace thexp
