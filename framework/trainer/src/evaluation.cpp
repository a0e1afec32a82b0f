#include "evaluation.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "evaluation_random.h"
#include "saved_buffers.h"
#include "thexp/trainer/interrupts.h"
#include "thexp/trainer/phase_data.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

void Evaluation::run(Phase phase) {
  if (!has_batches(phase)) return;
  bool is_test = phase == Phase::kTest;
  CallbackList& callbacks = from_.callbacks;
  reported(phase, [&] {
    is_test ? callbacks.call<kTestBegin>() : callbacks.call<kEvalBegin>();
    from_.metrics.set(phase, average_of(phase));
    const AvgMeter& average = from_.metrics.of(phase);
    is_test ? callbacks.call<kTestEnd>(average)
            : callbacks.call<kEvalEnd>(average);
  });
}

AvgMeter Evaluation::average_of(Phase phase) {
  AvgMeter average;
  from_.metric_set.reset(phase);
  each_batch(phase, [&](const Batch& batch) {
    average.update(meter_of(phase, batch), weight_of(batch));
  });
  from_.metric_set.read_into(phase, average);
  return average;
}

Meter Evaluation::meter_of(Phase phase, const Batch& batch) {
  return phase == Phase::kTest ? from_.trainer.test_batch(batch, at_)
                               : from_.trainer.eval_batch(batch, at_);
}

void Evaluation::try_out(Phase phase, int64_t batches) {
  if (batches == 0 || !why_no_batches(from_.trainer, phase).empty()) return;
  SavedBuffers buffers(from_.registry.models());
  const State kept = from_.registry.kept().state().clone();
  EvaluationRandom random(from_.rnd, phase, from_.progress.step);
  is_trying_out_ = true;
  std::vector<std::string> names;
  try {
    from_.metric_set.reset(phase);
    const std::vector<Value> fresh = from_.metric_set.states(phase);
    for (const auto& [key, value] : average_of_first(phase, batches).values()) {
      names.push_back(key);
    }
    // Some have no value for a batch alone.
    for (std::string& name : from_.metric_set.updated_since(phase, fresh)) {
      names.push_back(std::move(name));
    }
  } catch (const std::exception&) {
    is_trying_out_ = false;
    from_.recorder.logger().error(
        fmt::format("{}_batch fails on the first batch, tried out before "
                    "training",
                    phase_name(phase)),
        "--eval.sanity=0 leaves the trial out");
    throw;
  }
  is_trying_out_ = false;
  buffers.restore();
  from_.registry.kept().load(kept);
  from_.metric_set.reset(phase);
  if (names.empty()) {
    throw UsageError(fmt::format(
        "{0}_batch() reports nothing: the Meter that it returns is empty; give "
        "it the loss, for example, or turn {0} off",
        phase_name(phase)));
  }
  from_.metrics.set_known(phase, std::move(names));
}

AvgMeter Evaluation::average_of_first(Phase phase, int64_t batches) {
  EvalMode eval_mode(from_.flags);
  at::NoGradGuard no_grad;
  PhaseBatches data = from_.loaders.stream(phase);
  at_ = {phase, 0, 0, data.left()};
  AvgMeter average;
  for (int64_t i = 0; i < batches && data.left() > 0; ++i) {
    Batch& batch = data.next();
    from_.plan.move_to_device(batch);
    average.update(meter_of(phase, batch), weight_of(batch));
    ++at_.batch;
  }
  return average;
}

at::Tensor Evaluation::predict() {
  if (!has_batches(Phase::kPredict)) {
    bool there = from_.loaders.has(Phase::kPredict);
    return there ? at::empty({0}) : at::Tensor();
  }
  std::vector<at::Tensor> outputs;
  reported(Phase::kPredict, [&] {
    from_.callbacks.call<kPredictBegin>();
    each_batch(Phase::kPredict, [&](const Batch& batch) {
      outputs.push_back(from_.trainer.predict_batch(batch));
    });
    from_.callbacks.call<kPredictEnd>();
  });
  return at::cat(outputs);
}

template <typename Action>
void Evaluation::each_batch(Phase phase, Action&& action) {
  EvalMode eval_mode(from_.flags);
  at::NoGradGuard no_grad;
  PhaseBatches batches = from_.loaders.stream(phase);
  at_ = {phase, 0, 0, batches.left()};
  while (batches.left() > 0) {
    break_off_if_interrupted();
    Batch& batch = batches.next();
    from_.plan.move_to_device(batch);
    action(std::as_const(batch));
    ++at_.batch;
    at_.examples += batch.size();
    from_.callbacks.call<kPhaseBatchEnd>(std::as_const(at_));
  }
}

template <typename Action>
void Evaluation::reported(Phase phase, Action&& action) {
  EvaluationRandom random(from_.rnd, phase, from_.progress.step);
  try {
    action();
  } catch (const EvaluationInterrupted&) {
    throw;  // nothing failed
  } catch (const std::exception& error) {
    from_.failure.report_unless_training(error);
    throw;
  }
}

// Elsewhere nothing can be put back to before the evaluation.
void Evaluation::break_off_if_interrupted() const {
  bool in_hooks =
      from_.point == Point::kEpochHooks || from_.point == Point::kStepHooks;
  bool is_interrupted = noted_interrupt() != 0 || from_.time_limit.is_over();
  if (in_hooks && is_interrupted) throw EvaluationInterrupted();
}

void Evaluation::say_what_is_skipped() {
  for (Phase phase : {Phase::kEval, Phase::kTest}) {
    if (from_.loaders.has(phase)) has_batches(phase);
  }
}

// Says it once a run.
bool Evaluation::has_batches(Phase phase) {
  std::string why = why_no_batches(from_.trainer, phase);
  if (why.empty()) return true;
  bool& said = from_.missing_data_said[index_of(phase)];
  if (std::exchange(said, true)) return false;
  Logger& logger = from_.recorder.logger();
  if (from_.loaders.has(phase)) {
    logger.info(fmt::format("no {0} batches, {0} skipped", phase_name(phase)),
                why);
  } else {
    logger.info(fmt::format("no {0} data, {0} skipped", phase_name(phase)));
  }
  return false;
}

}  // namespace thexp
