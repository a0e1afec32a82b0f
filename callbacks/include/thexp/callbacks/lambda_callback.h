#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "thexp/trainer/callback.h"
#include "thexp/trainer/hooks.h"

namespace thexp {

/// A callback made of functions, for what is not worth a class:
///
///     auto& samples = add_callback<thexp::LambdaCallback>("Samples");
///     samples.on(thexp::kEpochEnd, [](thexp::Trainer& trainer) {
///       trainer.logger().info("a sample");
///     }).every(5).after(10);
///
/// The counts are in the checkpoint: a resumed run goes on counting.
class LambdaCallback : public Callback {
 public:
  using Function = std::function<void(Trainer&)>;

  /// Which calls of a hook reach the function. All of them, unless told
  /// otherwise.
  class Filter {
   public:
    /// Only each `n`-th call of the hook. @throws UsageError below 1.
    Filter& every(int64_t n);
    /// Only those after the first `n`. @throws UsageError for a negative
    /// number.
    Filter& after(int64_t n);
    /// Only the first that passes the others.
    Filter& once();

   private:
    friend class LambdaCallback;
    bool passes(int64_t call) const;

    Hook hook_ = kTrainBegin;
    Function function_;
    int64_t every_ = 1;
    int64_t after_ = 0;
    bool once_ = false;
  };

  /// The name is the key in checkpoints.
  explicit LambdaCallback(std::string name = "LambdaCallback",
                          int priority = kObserve);

  /// Adds a function; several of one hook run in the order of adding. What else
  /// the hook gets, such as a batch, the function does not: write a class for
  /// that. @throws UsageError for kSave, kLoad, kException and kUpdateBegin,
  /// whose answer counts.
  Filter& on(Hook hook, Function function);

  int priority() const override { return priority_; }
  std::string name() const override { return name_; }

  void on_train_begin(Trainer& trainer) override;
  void on_train_end(Trainer& trainer) override;
  void on_train_saved(Trainer& trainer) override;
  void on_epoch_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer) override;
  void on_batch_begin(Trainer& trainer, const Batch& batch) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  bool wants_step_end(const Trainer& trainer) const override;
  void on_step_end(Trainer& trainer) override;
  void on_eval_begin(Trainer& trainer) override;
  void on_eval_end(Trainer& trainer, const AvgMeter& average) override;
  void on_test_begin(Trainer& trainer) override;
  void on_test_end(Trainer& trainer, const AvgMeter& average) override;
  void on_predict_begin(Trainer& trainer) override;
  void on_predict_end(Trainer& trainer) override;
  void on_phase_batch_end(Trainer& trainer, const PhaseProgress& at) override;
  void on_update_end(Trainer& trainer, OptimizerSlot& slot) override;
  void on_failure(Trainer& trainer, const std::exception& error) override;
  void on_save_models(Trainer& trainer, const Value& info) override;

  /// @throws FormatError when another number of functions was saved.
  void load_state(const State& state) override;

 private:
  void run(Hook hook, Trainer& trainer);

  std::string name_;
  int priority_;
  std::deque<Filter> filters_;  // on() gives references
  std::vector<int64_t> calls_;  // of the hook, for each function
  std::vector<int64_t> runs_;   // of the function
};

}  // namespace thexp
