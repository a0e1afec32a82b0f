#pragma once

#include "thexp/trainer/callback.h"

namespace thexp {

/// Evaluates after every `eval_every`-th finished epoch and tests after every
/// `test_every`-th; once more at the end of training when weights changed
/// since, unless a signal ends it. 0 = never.
class EvalCallback : public Callback {
 public:
  /// @throws UsageError for negative numbers.
  explicit EvalCallback(int eval_every = 1, int test_every = 5);

  int priority() const override { return kEvaluate; }
  bool only_once() const override { return true; }
  void on_epoch_end(Trainer& trainer) override;
  void on_train_end(Trainer& trainer) override;

 private:
  int eval_every_;
  int test_every_;
  int64_t evaluated_step_ = 0;
  int64_t tested_step_ = 0;
};

}  // namespace thexp
