// Evaluation and prediction: the loops without gradients.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <utility>

#include "module_flags.h"
#include "thexp/trainer/trainer.h"
#include "trainer_parts.h"

namespace thexp {
namespace {

// Puts every module into eval mode, and each back into its own mode at the
// end: a module that the user froze stays frozen. Meanwhile `flags` says how
// they are in training.
class EvalModeGuard {
 public:
  EvalModeGuard(const std::vector<Trainer::NamedModule>& models,
                std::optional<State>& flags)
      : flags_(flags), is_outer_(!flags) {
    if (is_outer_) flags_ = module_flags(models);
    for (const auto& [name, model] : models) {
      for (const auto& module : model->modules()) {
        before_.emplace_back(module, module->is_training());
      }
      model->eval();
    }
  }
  ~EvalModeGuard() {
    // Parents come before their children, so that a parent's train(), which
    // reaches down, is put right by its children's own.
    for (const auto& [module, training] : before_) module->train(training);
    if (is_outer_) flags_.reset();
  }
  EvalModeGuard(const EvalModeGuard&) = delete;
  EvalModeGuard& operator=(const EvalModeGuard&) = delete;

 private:
  std::optional<State>& flags_;
  bool is_outer_;  // one evaluation may call for another
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> before_;
};

struct EvalHooks {
  Hook begin;
  Hook end;
  void (Callback::*on_begin)(Trainer&);
  void (Callback::*on_end)(Trainer&, const AvgMeter&);
};

EvalHooks eval_hooks(Phase phase) {
  if (phase == Phase::kTest) {
    return {kTestBegin, kTestEnd, &Callback::on_test_begin,
            &Callback::on_test_end};
  }
  return {kEvalBegin, kEvalEnd, &Callback::on_eval_begin,
          &Callback::on_eval_end};
}

}  // namespace

template <typename PerBatch>
void Trainer::run_without_gradients(Phase phase, PerBatch&& per_batch) {
  EvalModeGuard eval_mode(parts_->models, parts_->flags_in_training);
  at::NoGradGuard no_grad;
  auto stream = parts_->source(phase)->stream(parts_->order_epoch(phase), 0);
  Batch batch;
  for (std::int64_t left = parts_->batches(phase); left > 0; --left) {
    if (!stream->next(batch)) throw_short_data(phase, left);
    if (parts_->device.type() != at::kCPU) {
      batch = batch.to(parts_->device, /*non_blocking=*/true);
    }
    per_batch(batch);
  }
}

const AvgMeter& Trainer::evaluate(Phase phase) {
  setup();
  if (parts_->source(phase) == nullptr) {
    say_missing_data(phase);
    return parts_->phase_meters[index_of(phase)];
  }
  parts_->shown([&] { run_evaluation(phase); });
  return parts_->phase_meters[index_of(phase)];
}

void Trainer::run_evaluation(Phase phase) {
  EvalHooks hooks = eval_hooks(phase);
  parts_->callbacks.call(hooks.begin, hooks.on_begin, *this);
  AvgMeter average;
  run_without_gradients(phase, [&](const Batch& batch) {
    Meter meter = phase == Phase::kTest ? test_batch(batch) : eval_batch(batch);
    average.update(meter, static_cast<double>(batch.size()));
  });
  AvgMeter& kept = parts_->phase_meters[index_of(phase)];
  kept = std::move(average);
  parts_->evaluated_at[index_of(phase)] = progress().step;
  parts_->callbacks.call(hooks.end, hooks.on_end, *this, kept);
}

const AvgMeter& Trainer::eval() { return evaluate(Phase::kEval); }

const AvgMeter& Trainer::test() { return evaluate(Phase::kTest); }

at::Tensor Trainer::predict() {
  setup();
  if (!has_loader(Phase::kPredict)) {
    say_missing_data(Phase::kPredict);
    return {};
  }
  std::vector<at::Tensor> outputs;
  parts_->shown([&] {
    CallbackList& callbacks = parts_->callbacks;
    callbacks.call(kPredictBegin, &Callback::on_predict_begin, *this);
    run_without_gradients(Phase::kPredict, [&](const Batch& batch) {
      outputs.push_back(predict_batch(batch));
    });
    callbacks.call(kPredictEnd, &Callback::on_predict_end, *this);
  });
  return outputs.empty() ? at::Tensor() : at::cat(outputs);
}

void Trainer::say_missing_data(Phase phase) {
  bool& said = parts_->missing_data_said[index_of(phase)];
  if (said) return;
  said = true;
  logger().info(fmt::format("no {0} data, {0} skipped", phase_name(phase)));
}

}  // namespace thexp
