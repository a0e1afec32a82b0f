#include "thexp/callbacks/lambda_callback.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thexp/base/error.h"

namespace thexp {

LambdaCallback::Filter& LambdaCallback::Filter::every(int64_t n) {
  if (n < 1) {
    throw UsageError(
        fmt::format("LambdaCallback: every({}): at least every call, 1", n));
  }
  every_ = n;
  return *this;
}

LambdaCallback::Filter& LambdaCallback::Filter::after(int64_t n) {
  if (n < 0) {
    throw UsageError(
        fmt::format("LambdaCallback: after({}): a number of calls", n));
  }
  after_ = n;
  return *this;
}

LambdaCallback::Filter& LambdaCallback::Filter::once() {
  once_ = true;
  return *this;
}

bool LambdaCallback::Filter::passes(int64_t call) const {
  return call > after_ && call % every_ == 0;
}

LambdaCallback::LambdaCallback(std::string name, int priority)
    : name_(std::move(name)), priority_(priority) {
  keep("calls", calls_);
  keep("runs", runs_);
}

LambdaCallback::Filter& LambdaCallback::on(Hook hook, Function function) {
  if ((hook & (kSave | kLoad | kException | kUpdateBegin)) != 0) {
    throw UsageError(
        "LambdaCallback: on_save, on_load, on_exception and on_update_begin "
        "need a class derived from Callback");
  }
  Filter& added = filters_.emplace_back();
  added.hook_ = hook;
  added.function_ = std::move(function);
  calls_.push_back(0);
  runs_.push_back(0);
  return added;
}

void LambdaCallback::run(Hook hook, Trainer& trainer) {
  for (std::size_t i = 0; i < filters_.size(); ++i) {
    const Filter& filter = filters_[i];
    if (filter.hook_ != hook) continue;
    bool is_done = filter.once_ && runs_[i] > 0;
    if (!filter.passes(++calls_[i]) || is_done) continue;
    ++runs_[i];
    filter.function_(trainer);
  }
}

void LambdaCallback::load_state(const State& state) {
  const std::size_t saved = state.at("calls").as_list().size();
  if (saved != filters_.size()) {
    throw FormatError(
        fmt::format("it had {} functions, and has {}", saved, filters_.size()));
  }
  Callback::load_state(state);
}

bool LambdaCallback::wants_step_end(const Trainer&) const {
  return std::any_of(filters_.begin(), filters_.end(),
                     [](const Filter& each) { return each.hook_ == kStepEnd; });
}

void LambdaCallback::on_train_begin(Trainer& trainer) {
  run(kTrainBegin, trainer);
}
void LambdaCallback::on_train_end(Trainer& trainer) { run(kTrainEnd, trainer); }
void LambdaCallback::on_train_saved(Trainer& trainer) {
  run(kTrainSaved, trainer);
}
void LambdaCallback::on_epoch_begin(Trainer& trainer) {
  run(kEpochBegin, trainer);
}
void LambdaCallback::on_epoch_end(Trainer& trainer) { run(kEpochEnd, trainer); }
void LambdaCallback::on_batch_begin(Trainer& trainer, const Batch&) {
  run(kBatchBegin, trainer);
}
void LambdaCallback::on_batch_end(Trainer& trainer,
                                  const Batch&,
                                  const Meter&) {
  run(kBatchEnd, trainer);
}
void LambdaCallback::on_step_end(Trainer& trainer) { run(kStepEnd, trainer); }
void LambdaCallback::on_eval_begin(Trainer& trainer) {
  run(kEvalBegin, trainer);
}
void LambdaCallback::on_eval_end(Trainer& trainer, const AvgMeter&) {
  run(kEvalEnd, trainer);
}
void LambdaCallback::on_test_begin(Trainer& trainer) {
  run(kTestBegin, trainer);
}
void LambdaCallback::on_test_end(Trainer& trainer, const AvgMeter&) {
  run(kTestEnd, trainer);
}
void LambdaCallback::on_predict_begin(Trainer& trainer) {
  run(kPredictBegin, trainer);
}
void LambdaCallback::on_predict_end(Trainer& trainer) {
  run(kPredictEnd, trainer);
}
void LambdaCallback::on_phase_batch_end(Trainer& trainer,
                                        const PhaseProgress&) {
  run(kPhaseBatchEnd, trainer);
}
void LambdaCallback::on_update_end(Trainer& trainer, OptimizerSlot&) {
  run(kUpdateEnd, trainer);
}
void LambdaCallback::on_failure(Trainer& trainer, const std::exception&) {
  run(kFailure, trainer);
}
void LambdaCallback::on_save_models(Trainer& trainer, const Value&) {
  run(kSaveModels, trainer);
}

}  // namespace thexp
