// State: everything that a checkpoint holds, and saving it.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>

#include "module_flags.h"
#include "resume.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/load_plan.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/trainer/trainer.h"
#include "trainer_parts.h"

namespace thexp {
namespace {

constexpr std::int64_t kFormat = 1;

KeptMembers progress_keeper(Progress& progress) {
  KeptMembers keeper;
  keeper.add("epoch", progress.epoch);
  keeper.add("batch", progress.batch);
  keeper.add("step", progress.step);
  keeper.add("examples", progress.examples);
  return keeper;
}

}  // namespace

State Trainer::state() {
  run();  // one to continue is taken over
  Parts& parts = *parts_;
  State state{State::Dict{}};
  for (const auto& [name, model] : parts.models) {
    state[name] = module_state(*model);
  }
  for (const auto& slot : parts.optimizers) {
    state[slot->name()] = optimizer_state(slot->optimizer());
  }
  state["thexp"] = parts.own_state();
  parts.callbacks.call(kSave, &Callback::on_save, *this, state);
  return state;
}

State Trainer::kept_state() const { return parts_->keeper.state(); }

// Where the loop stands besides the counters. A stop that was decided stays
// decided: a run that is killed after it does not go on.
KeptMembers Trainer::Parts::loop_keeper() {
  KeptMembers keeper;
  keeper.add("epoch_open", epoch_open);
  keeper.add("ended", ended);
  keeper.add("stop_epoch", stop_epoch);
  keeper.add("stop_train", stop_train);
  keeper.add("stop_reason", stop_reason);
  keeper.add("evaluated_at", evaluated_at[index_of(Phase::kEval)]);
  keeper.add("tested_at", evaluated_at[index_of(Phase::kTest)]);
  keeper.add("missing_eval_said", missing_data_said[index_of(Phase::kEval)]);
  keeper.add("missing_test_said", missing_data_said[index_of(Phase::kTest)]);
  return keeper;
}

State Trainer::Parts::own_state() {
  State own{State::Dict{}};
  own["format"] = kFormat;
  own["progress"] = progress_keeper(progress).state();
  own["loop"] = loop_keeper().state();
  if (only_interrupted) {  // whoever goes on has no reason to stop
    own["loop"]["stop_train"] = false;
    own["loop"]["stop_reason"] = std::string();
  }
  State flags = flags_in_training ? *flags_in_training : module_flags(models);
  own["flags"] = State::Dict{{"made", flags_made}, {"now", flags}};
  own["random"] = rnd.state();
  for (Phase phase : {Phase::kEval, Phase::kTest}) {
    own["meters"][phase_name(phase)] =
        State::from_value(phase_meters[index_of(phase)].state());
  }
  own["meters"]["train"] = State::from_value(train_meter.state());
  own["windows"] = State::Dict{};
  for (const auto& slot : optimizers) {
    own["windows"][slot->name()] = slot->window_state();
  }
  own["callbacks"] = State::Dict{};
  for (Callback* callback : callbacks.all()) {
    own["callbacks"][callback->key()] = callback->state();
  }
  own["kept"] = keeper.state();
  own["params"] = State::from_value(params_told);
  own["data"] = State::from_value(data_fingerprint());
  own["code"] = code;
  own["device"] = State::from_value(device_told);
  own["threads"] = at::get_num_threads();
  bool whole = logger->deliver(std::chrono::seconds(1));
  run->metrics().flush();
  own["files"] = State::from_value(file_lengths(run->path(), whole));
  return own;
}

// What the training is about: a run with other data is another run.
Value Trainer::Parts::data_fingerprint() const {
  Value data = Value::Dict{};
  for (Phase phase : {Phase::kTrain, Phase::kEval, Phase::kTest}) {
    const BatchSource* there = source(phase);
    if (there == nullptr) continue;
    Value& entry = data[phase_name(phase)];
    entry["examples"] = there->examples().value_or(-1);
    entry["batches"] = there->batches().value_or(-1);
  }
  return data;
}

namespace {

void check_format(const State& own) {
  std::int64_t format = own.at("format").as_integer();
  if (format == kFormat) return;
  throw FormatError(fmt::format(
      "the checkpoint has format {}, this program reads {}", format, kFormat));
}

// Both must name the same things.
void check_names(const std::string& what,
                 const State& saved,
                 const std::vector<std::string>& here,
                 bool may_add) {
  std::vector<std::string> missing, unexpected;
  for (const std::string& name : here) {
    if (saved.find(name) == nullptr) missing.push_back(name);
  }
  for (const auto& [key, item] : saved.as_dict()) {
    std::string name = key.to_string();
    bool known = std::find(here.begin(), here.end(), name) != here.end();
    if (!known && !may_add) unexpected.push_back(name);
  }
  if (missing.empty() && unexpected.empty()) return;
  auto list = [](const std::vector<std::string>& names) {
    return names.empty() ? std::string("nothing") : join(names, ", ");
  };
  throw FormatError(
      fmt::format("the checkpoint's {} do not fit this program's: missing in "
                  "the checkpoint: {}; unknown here: {}",
                  what, list(missing), list(unexpected)));
}

}  // namespace

void Trainer::Parts::check_fits(const State& state) const {
  const State& own = state.at("thexp");
  check_format(own);
  std::vector<std::string> names = {"thexp"}, callback_names;
  for (const auto& [name, model] : models) names.push_back(name);
  for (const auto& slot : optimizers) names.push_back(slot->name());
  for (Callback* callback : callbacks.all()) {
    callback_names.push_back(callback->key());
  }
  // What an on_save() added is for an on_load() to know.
  bool may_add = !callbacks.listeners(kLoad).empty();
  check_names("models and optimizers", state, names, may_add);
  check_names("callbacks", own.at("callbacks"), callback_names, false);
  if (!trains()) return;  // an evaluation may be anywhere
  Allowance(*params.allow, "the checkpoint")
      .check("device", own.at("device").to_value(), device_told);
}

namespace {

LoadPlan::Change prepare_meter(AvgMeter& meter, const State& state) {
  auto loaded = std::make_shared<AvgMeter>();
  loaded->load_state(state.to_value());
  return [&meter, loaded] { meter = std::move(*loaded); };
}

}  // namespace

// `adapted` holds the optimizers' states until the plan was run.
void Trainer::Parts::plan_weights(LoadPlan& plan,
                                  const State& state,
                                  std::deque<State>& adapted) {
  const State& windows = state.at("thexp").at("windows");
  for (const auto& [name, model] : models) {
    load_module_state(plan, fmt::format("model '{}'", name), *model,
                      state.at(name));
  }
  // Whoever freezes other parts now than where it was saved means that.
  const State& flags = state.at("thexp").at("flags");
  if (thexp::equal(flags.at("made"), flags_made)) {
    plan.prepare("frozen parts",
                 [&] { return prepare_module_flags(models, flags.at("now")); });
  }
  for (const auto& slot : optimizers) {
    std::string what = fmt::format("optimizer '{}'", slot->name());
    adapted.push_back(
        slot->as_made_here(state.at(slot->name()), windows.at(slot->name())));
    load_optimizer_state(plan, what, slot->optimizer(), adapted.back());
    plan.prepare(what, [&slot = *slot, &windows] {
      return slot.prepare_window_state(windows.at(slot.name()));
    });
  }
}

void Trainer::Parts::plan_progress(LoadPlan& plan, const State& own) {
  progress_keeper(progress).load(plan, "counter", own.at("progress"));
  loop_keeper().load(plan, "loop position", own.at("loop"));
  auto plan_meter = [&](Phase phase, AvgMeter& meter) {
    plan.prepare("meters", [&, phase] {
      return prepare_meter(meter, own.at("meters").at(phase_name(phase)));
    });
  };
  plan_meter(Phase::kTrain, train_meter);
  for (Phase phase : {Phase::kEval, Phase::kTest}) {
    plan_meter(phase, phase_meters[index_of(phase)]);
  }
}

void Trainer::load_state(const State& state) {
  run();  // one to continue is taken over
  put_back(state);
  after_load(state);
}

// All of it or nothing: a state that does not fit leaves everything as it is.
void Trainer::put_back(const State& state) {
  Parts& parts = *parts_;
  parts.check_fits(state);
  const State& own = state.at("thexp");
  LoadPlan plan;
  std::deque<State> adapted;
  parts.plan_weights(plan, state, adapted);
  parts.plan_progress(plan, own);
  for (Callback* callback : parts.callbacks.all()) {
    const std::string& key = callback->key();
    plan.attempt(fmt::format("callback '{}'", key), *callback,
                 own.at("callbacks").at(key));
  }
  parts.keeper.load(plan, "kept member", own.at("kept"));
  plan.attempt(
      "random state", [&] { return parts.rnd.state(); },
      [&](const State& given) { parts.load_random(given); }, own.at("random"));
  plan.run();
}

void Trainer::after_load(const State& state) {
  Parts& parts = *parts_;
  parts.loaded_epoch = parts.progress.epoch;
  parts.saved_at = -1;
  for (const auto& slot : parts.optimizers) {
    for (const std::string& change : slot->changes()) {
      logger().info(slot->name(), change);
    }
  }
  parts.run->metrics().rewind(progress().step);
  parts.restored_random = state.at("thexp").at("random").clone();
  parts.callbacks.call(kLoad, &Callback::on_load, *this, state);
}

// Where devices may differ, check_fits() has let them.
void Trainer::Parts::load_random(const State& random) {
  rnd.load_state(random, CudaGenerators::kCommon);
}

namespace {

Value metrics_of(const Trainer& trainer) {
  Value all = Value::Dict{};
  for (const auto& [name, value] : trainer.metrics()) all[name] = value;
  return all;
}

// Those of these very weights: an evaluation of earlier ones says nothing, the
// average of an epoch so far something.
Value fresh_metrics_of(const Trainer& trainer) {
  Value fresh = Value::Dict{};
  for (const auto& [name, value] : trainer.metrics()) {
    bool is_trained = metric_phase(name) == Phase::kTrain;
    if (is_trained || trainer.fresh_metric(name)) fresh[name] = value;
  }
  return fresh;
}

// What every sidecar says; the caller's own entries win.
Value sidecar(const Trainer& trainer, Value info) {
  Value all = Value::Dict{{"epoch", trainer.progress().epoch},
                          {"step", trainer.progress().step},
                          {"batch", trainer.progress().batch},
                          {"metrics", fresh_metrics_of(trainer)}};
  for (auto& [key, value] : info.as_dict()) all[key] = value;
  return all;
}

}  // namespace

// For whoever lists runs, while this one goes on and afterwards.
void Trainer::describe_run() {
  parts_->run->set_info("epoch", progress().epoch);
  parts_->run->set_info("epochs", epochs_wanted());
  parts_->run->set_info("step", progress().step);
  parts_->run->set_info("metrics", metrics_of(*this));
}

void Trainer::request_checkpoint() { parts_->checkpoint_due = true; }

void Trainer::mark_best() {
  request_checkpoint();
  parts_->best_due = true;
}

void Trainer::keep_best(std::int64_t count,
                        const std::string& metric,
                        Mode mode) {
  setup();
  parts_->keep.best(count, metric, mode);
  if (parts_->saver == nullptr) return;  // it will get them
  flush_checkpoints();  // the background writer reads the rules
  parts_->saver->set_keep(parts_->keep);
}

void Trainer::save_checkpoint(Value info) {
  saver();  // a run to continue is taken over
  Parts& parts = *parts_;
  AsyncSaver& background = parts.background_saver();
  parts.guard_saving([&] { background.check(); });  // those before this one
  parts.guard_saving([&] {
    State now = state();
    background.save(progress().epoch, now, sidecar(*this, std::move(info)),
                    parts.importance());
    parts.saved_at = progress().step;
  });
  parts.saved_time = std::chrono::steady_clock::now();
}

Importance Trainer::Parts::importance() const {
  if (best_at == progress.step) return Importance::kBest;
  bool wanted = requested_at == progress.step;
  return wanted ? Importance::kWanted : Importance::kRoutine;
}

AsyncSaver& Trainer::Parts::background_saver() {
  if (background == nullptr) {
    bool replace = *params.checkpoint_when_busy == "replace";
    background = std::make_unique<AsyncSaver>(
        *saver, replace ? WhenBusy::kReplace : WhenBusy::kWait,
        [folder = run->path()] { sync_files(folder); });
  }
  return *background;
}

void Trainer::flush_checkpoints() {
  if (parts_->background == nullptr) return;
  parts_->guard_saving([this] { parts_->background->flush(); });
}

// checkpoint.on_error: an error of saving ends training, or is only logged.
void Trainer::Parts::guard_saving(const std::function<void()>& save) {
  try {
    save();
  } catch (const FileError& error) {
    if (background != nullptr && background->last_failed()) {
      saved_at = -1;  // the end of training tries again
    }
    if (*params.checkpoint_on_error == "stop") throw;
    logger->warn("saving a checkpoint failed; training goes on", error.what());
  }
}

fs::path Trainer::save_keypoint(Value info) {
  flush_checkpoints();
  return saver().save_keypoint(progress().epoch, state(),
                               sidecar(*this, std::move(info)));
}

std::vector<fs::path> Trainer::save_models(Value info) {
  flush_checkpoints();
  std::vector<fs::path> files;
  Value beside = sidecar(*this, std::move(info));
  for (const auto& [name, model] : named_models()) {
    files.push_back(saver().save_model(name, module_state(*model), beside));
  }
  parts_->callbacks.call(kSaveModels, &Callback::on_save_models, *this, beside);
  return files;
}

}  // namespace thexp
