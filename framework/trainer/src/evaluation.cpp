#include "evaluation.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "evaluation_random.h"
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
  each_batch(phase, [&](const Batch& batch) {
    Meter meter = phase == Phase::kTest ? from_.trainer.test_batch(batch)
                                        : from_.trainer.eval_batch(batch);
    average.update(meter, static_cast<double>(batch.size()));
  });
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
  PhaseProgress at{phase, 0, 0, batches.left()};
  while (batches.left() > 0) {
    break_off_if_interrupted();
    Batch& batch = batches.next();
    from_.plan.move_to_device(batch);
    action(std::as_const(batch));
    ++at.batch;
    at.examples += batch.size();
    from_.callbacks.call<kPhaseBatchEnd>(at);
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
  bool at_epoch_end = from_.point == Point::kEpochHooks;
  if (at_epoch_end && noted_interrupt() != 0) throw EvaluationInterrupted();
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
