#include "thexp/callbacks/exception_save.h"

#include <c10/util/Type.h>

#include <string>
#include <typeinfo>
#include <utility>

#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

// What a batch changes, under the keys of a checkpoint.
State training_state(Trainer& trainer) {
  State state{State::Dict{}};
  for (const auto& [name, model] : trainer.named_models()) {
    state[name] = module_state(*model);
  }
  State& own = state["thexp"] = State::Dict{};
  own["windows"] = State::Dict{};
  for (const auto& slot : trainer.optimizers()) {
    own["windows"][slot->name()] = slot->window_state();
  }
  own["random"] = trainer.rnd().state();
  own["kept"] = trainer.kept_state();
  for (const auto& slot : trainer.optimizers()) {
    state[slot->name()] = optimizer_state(slot->optimizer());
  }
  return state;
}

}  // namespace

void ExceptionSave::on_batch_begin(Trainer& trainer, const Batch&) {
  begun_step_ = trainer.progress().step;
  whole_ = &buffer_.copy(training_state(trainer));
}

// From here on the trainer saves what it has.
void ExceptionSave::on_epoch_end(Trainer&) { begun_step_ = -1; }

void ExceptionSave::on_failure(Trainer& trainer, const std::exception& error) {
  bool keeps = !*trainer.params().fast_dev_run;
  if (begun_step_ < 0 || trainer.progress().step == 0 || !keeps) return;
  saving_ = true;
  fs::path file = trainer.save_keypoint(
      Value::Dict{{"exception", error.what()},
                  {"exception_type", c10::demangle(typeid(error).name())}});
  trainer.logger().info("the last whole step is saved", file.string());
}

void ExceptionSave::on_save(Trainer& trainer, State& state) {
  // A batch that is counted is whole.
  bool broken = trainer.progress().step == begun_step_;
  if (!std::exchange(saving_, false) || !broken) return;
  for (const auto& [key, part] : whole_->as_dict()) {
    if (key != State::Key("thexp")) state[key] = part;
  }
  for (const auto& [key, part] : whole_->at("thexp").as_dict()) {
    state["thexp"][key] = part;
  }
}

}  // namespace thexp
