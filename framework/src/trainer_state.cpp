// State: everything that a checkpoint holds, and saving it.
#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/framework/trainer.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "trainer_parts.h"

namespace thexp {
namespace {

constexpr std::int64_t kFormat = 1;

Keeper progress_keeper(Progress& progress) {
  Keeper keeper;
  keeper.add("epoch", progress.epoch);
  keeper.add("batch", progress.batch);
  keeper.add("step", progress.step);
  keeper.add("examples", progress.examples);
  return keeper;
}

State updates_of(const std::vector<std::unique_ptr<OptimizerSlot>>& slots) {
  State updates{State::Dict{}};
  for (const auto& slot : slots) updates[slot->name()] = slot->updates();
  return updates;
}

}  // namespace

State Trainer::state() {
  setup();
  Parts& parts = *parts_;
  State state{State::Dict{}};
  for (const auto& [name, model] : parts.models) {
    state[name] = module_state(*model);
  }
  for (const auto& slot : parts.optimizers) {
    state[slot->name()] = optimizer_state(slot->optimizer());
  }
  State own{State::Dict{}};
  own["format"] = kFormat;
  own["progress"] = progress_keeper(parts.progress).state();
  own["updates"] = updates_of(parts.optimizers);
  own["random"] = parts.rnd.state();
  own["epoch_open"] = parts.epoch_open;
  own["train_meter"] = State::from_value(parts.train_meter.state());
  own["callbacks"] = State::Dict{};
  for (Callback* callback : parts.callbacks.all()) {
    own["callbacks"][callback->name()] = callback->state();
  }
  own["kept"] = parts.keeper.state();
  state["thexp"] = own;
  parts.callbacks.call(kSave, &Callback::on_save, *this, state);
  return state;
}

void Trainer::load_state(const State& state) {
  setup();
  Parts& parts = *parts_;
  const State& own = state.at("thexp");
  if (own.at("format").as_integer() != kFormat) {
    throw FormatError(
        fmt::format("the checkpoint has format {}, this program reads {}",
                    own.at("format").as_integer(), kFormat));
  }
  for (const auto& [name, model] : parts.models) {
    load_module_state(*model, state.at(name));
  }
  for (const auto& slot : parts.optimizers) {
    load_optimizer_state(slot->optimizer(), state.at(slot->name()));
    slot->set_updates(own.at("updates").at(slot->name()).as_integer());
  }
  progress_keeper(parts.progress).load(own.at("progress"));
  parts.epoch_open = own.at("epoch_open").as_bool();
  parts.train_meter.load_state(own.at("train_meter").to_value());
  for (Callback* callback : parts.callbacks.all()) {
    callback->load_state(own.at("callbacks").at(callback->name()));
  }
  parts.keeper.load(own.at("kept"));
  parts.rnd.load_state(own.at("random"));
  parts.callbacks.call(kLoad, &Callback::on_load, *this, state);
}

namespace {

Value metrics_of(const Trainer& trainer) {
  Value all = Value::Dict{};
  for (const auto& [name, value] : trainer.metrics()) all[name] = value;
  return all;
}

// What every sidecar says; the caller's own entries win.
Value sidecar(const Trainer& trainer, Value info) {
  Value all = Value::Dict{{"epoch", trainer.progress().epoch},
                          {"step", trainer.progress().step},
                          {"metrics", metrics_of(trainer)}};
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

fs::path Trainer::save_checkpoint(Value info) {
  fs::path file = saver().save_checkpoint(progress().epoch, state(),
                                          sidecar(*this, std::move(info)));
  parts_->saved_at = progress().step;
  return file;
}

fs::path Trainer::save_keypoint(Value info) {
  return saver().save_keypoint(progress().epoch, state(),
                               sidecar(*this, std::move(info)));
}

std::vector<fs::path> Trainer::save_models(Value info) {
  std::vector<fs::path> files;
  for (const auto& [name, model] : named_models()) {
    files.push_back(
        saver().save_model(name, module_state(*model), sidecar(*this, info)));
  }
  return files;
}

}  // namespace thexp
