#pragma once

#include <cstdint>
#include <optional>

#include "thexp/trainer/callback.h"

namespace thexp {

/// When an EvalCallback evaluates. What is not said is as the parameters say.
class EvalOptions {
 public:
  /// Epochs between two evaluations; 0 = none. `eval.every`, default 1.
  EvalOptions& every(int64_t epochs) {
    every_ = epochs;
    return *this;
  }
  /// Besides, steps between two; 0 = none. `eval.every_steps`, default 0.
  EvalOptions& every_steps(int64_t steps) {
    every_steps_ = steps;
    return *this;
  }
  /// Before the first step, too. `eval.at_start`, default false.
  EvalOptions& at_start(bool at_start) {
    at_start_ = at_start;
    return *this;
  }
  /// Epochs between two tests; 0 = none. `test.every`, default 5.
  EvalOptions& test_every(int64_t epochs) {
    test_every_ = epochs;
    return *this;
  }

  std::optional<int64_t> every() const { return every_; }
  std::optional<int64_t> every_steps() const { return every_steps_; }
  std::optional<bool> at_start() const { return at_start_; }
  std::optional<int64_t> test_every() const { return test_every_; }

 private:
  std::optional<int64_t> every_, every_steps_, test_every_;
  std::optional<bool> at_start_;
};

/// Evaluates and tests, by default as the parameters `eval.…` and `test.every`
/// say; a value of a parameter that the user gives wins over the options. Once
/// more at the end of training when weights changed since, unless a signal ends
/// it; never twice at one step.
class EvalCallback : public Callback {
 public:
  /// @throws UsageError for negative numbers.
  explicit EvalCallback(const EvalOptions& options = {});
  /// Short for EvalOptions().every(eval_every).test_every(test_every).
  explicit EvalCallback(int eval_every, int test_every = 5);

  /// For the callback that is there by default:
  ///
  ///     find_callback<EvalCallback>()->set_options(EvalOptions().every(2));
  ///
  /// @throws UsageError for negative numbers.
  void set_options(const EvalOptions& options);

  int priority() const override { return kEvaluate; }
  bool only_once() const override { return true; }
  void on_train_begin(Trainer& trainer) override;
  void on_epoch_begin(Trainer& trainer) override;
  bool wants_step_end(const Trainer& trainer) const override;
  void on_step_end(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer) override;
  void on_train_end(Trainer& trainer) override;

 private:
  struct Frequency {
    int64_t eval_epochs = 0;
    int64_t eval_steps = 0;
    int64_t test_epochs = 0;
    bool at_start = false;
  };

  void try_out(Trainer& trainer);
  bool step_is_due(const Trainer& trainer) const;
  void evaluate(Trainer& trainer);
  void test(Trainer& trainer);

  EvalOptions options_;
  Frequency due_;  // known when training begins
  bool tried_out_ = false;
  int64_t evaluated_step_ = 0;
  int64_t tested_step_ = 0;
};

}  // namespace thexp
