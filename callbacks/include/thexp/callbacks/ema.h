#pragma once

#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "thexp/trainer/callback.h"
#include "thexp/trainer/weight_averages.h"

namespace thexp {

class EmaOptions {
 public:
  /// average = decay * average + (1 - decay) * weight. Default 0.999.
  EmaOptions& decay(double decay) {
    decay_ = decay;
    return *this;
  }
  /// Lets the decay rise as (1 + n) / (10 + n) over the first updates n.
  EmaOptions& warm_up(bool on) {
    warm_up_ = on;
    return *this;
  }
  /// Evaluates, tests and predicts with the averages in place of the weights.
  /// Default true.
  EmaOptions& use_in_eval(bool on) {
    use_in_eval_ = on;
    return *this;
  }

  /// false: buffers are copied, as those that hold integers always are. For
  /// what has no meaningful average, such as the vectors of a power iteration.
  /// Default true.
  EmaOptions& average_buffers(bool on) {
    average_buffers_ = on;
    return *this;
  }

  double decay() const { return decay_; }
  bool warm_up() const { return warm_up_; }
  bool use_in_eval() const { return use_in_eval_; }
  bool average_buffers() const { return average_buffers_; }

 private:
  double decay_ = 0.999;
  bool warm_up_ = false;
  bool use_in_eval_ = true;
  bool average_buffers_ = true;
};

/// An exponential moving average of all models' parameters and buffers (those
/// that hold integers are copied). Averages are updated once a batch in which
/// an optimizer stepped; an element that is infinite or NaN has no average, and
/// is copied. Checkpoints hold both: the weights as they are
/// trained, and the averages as this callback's state. Where the trainer saves
/// its models, models/<name>.ema.pt holds the averages, and models/best/ those
/// of the best checkpoint unless use_in_eval(false).
class Ema : public Callback, public WeightAverages {
 public:
  /// @throws UsageError for a decay outside [0, 1).
  explicit Ema(EmaOptions options = {});

  int priority() const override { return kMutate; }
  /// @throws UsageError when another Ema evaluates with its averages, too.
  void on_train_begin(Trainer& trainer) override;
  void on_save(Trainer& trainer, State& state) override;
  void load_state(const State& state) override;
  void on_update_end(Trainer& trainer, OptimizerSlot& slot) override;
  void on_batch_begin(Trainer& trainer, const Batch& batch) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  void on_epoch_end(Trainer& trainer) override;
  void on_eval_begin(Trainer& trainer) override;
  void on_eval_end(Trainer& trainer, const AvgMeter& average) override;
  void on_test_begin(Trainer& trainer) override;
  void on_test_end(Trainer& trainer, const AvgMeter& average) override;
  void on_predict_begin(Trainer& trainer) override;
  void on_predict_end(Trainer& trainer) override;
  void on_save_models(Trainer& trainer, const Value& info) override;
  bool are_in_models() const override { return swapped_; }
  void put_averages(const Trainer& trainer,
                    const State& saved,
                    State& weights) const override;
  ExceptionAction on_exception(Trainer& trainer,
                               const std::exception& error) override;

  /// The averages: of each model its parameters, then its buffers. Empty before
  /// training begins.
  const std::vector<at::Tensor>& averages() const { return averages_; }

  /// Puts the averages into the models for good.
  /// @throws UsageError when there are none yet.
  void copy_to_models(Trainer& trainer);

 private:
  // Averages and the live tensors that they follow, each element once.
  struct Pairs {
    std::vector<at::Tensor> averages, live;
  };
  // A parameter or a buffer of a model.
  struct Live {
    at::Tensor tensor;
    bool is_buffer;
  };

  static std::vector<Live> live_tensors(const Trainer& trainer);
  double decay_now() const;
  void check_count(std::size_t live) const;
  void check_alone(const Trainer& trainer) const;
  void pair(const Trainer& trainer);
  bool is_paired(const std::vector<Live>& live) const;
  Pairs& pairs_for(const Live& live);
  std::string file_name(const std::string& model) const;
  void check_file_names(const Trainer& trainer) const;
  void average(Trainer& trainer);
  void swap(Trainer& trainer);
  void restore(Trainer& trainer);

  EmaOptions options_;
  std::vector<at::Tensor> averages_;
  // The same, sorted once: collecting tensors in every step costs more than
  // averaging those of a small model. `mixed_` may hold infinite elements.
  Pairs averaged_, mixed_, copied_;
  std::vector<Live> live_;  // what they follow; empty: averages_ are new
  int64_t updates_ = 0;
  bool stepped_ = false;
  bool swapped_ = false;
};

}  // namespace thexp
