#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "thexp/optim/loss_scale.h"
#include "thexp/trainer/callback.h"

namespace torch::optim {
class Optimizer;
}

namespace thexp {

/// The defaults are Python's.
class GradScalerOptions {
 public:
  GradScalerOptions& init_scale(double value) {
    init_scale_ = value;
    return *this;
  }
  /// What the scale is multiplied by after growth_interval updates in a row
  /// without an infinite gradient. Above 1.
  GradScalerOptions& growth_factor(double value) {
    growth_factor_ = value;
    return *this;
  }
  /// And after one with. Between 0 and 1.
  GradScalerOptions& backoff_factor(double value) {
    backoff_factor_ = value;
    return *this;
  }
  GradScalerOptions& growth_interval(int64_t value) {
    growth_interval_ = value;
    return *this;
  }
  /// In a Trainer: the only optimizer that steps on a scaled loss; "" for all.
  GradScalerOptions& optimizer(std::string name) {
    optimizer_ = std::move(name);
    return *this;
  }
  /// false: nothing is scaled, so that a flag turns it on and off.
  GradScalerOptions& enabled(bool value) {
    enabled_ = value;
    return *this;
  }

  double init_scale() const { return init_scale_; }
  double growth_factor() const { return growth_factor_; }
  double backoff_factor() const { return backoff_factor_; }
  int64_t growth_interval() const { return growth_interval_; }
  const std::string& optimizer() const { return optimizer_; }
  bool enabled() const { return enabled_; }

 private:
  double init_scale_ = 65536;
  double growth_factor_ = 2;
  double backoff_factor_ = 0.5;
  int64_t growth_interval_ = 2000;
  std::string optimizer_;
  bool enabled_ = true;
};

/// Multiplies the loss, so that small gradients survive in float16, divides
/// the gradients again before an update, drops an update whose gradients are
/// not finite, and lowers or raises the factor: torch.cuda.amp.GradScaler.
///
/// In a Trainer it is a callback, and only the loss changes. Gradients are
/// divided when they are complete (of the whole accumulation window) and
/// before any other callback sees them; its state is in the checkpoint.
///
///     scaler_ = &add_callback<thexp::GradScaler>();   // in callbacks()
///     scaler_->scale(loss).backward();                // in train_batch()
///     optim_->step();
///
/// In a loop of your own it is used as in Python:
///
///     scaler.scale(loss).backward();
///     scaler.unscale_(optimizer);   // only to clip gradients
///     scaler.step(optimizer);
///     scaler.update();
///
/// Waits for the device once a step() (of a Trainer's: once an update), as
/// Python's does.
class GradScaler : public Callback {
 public:
  /// @throws UsageError for a factor out of its range.
  explicit GradScaler(GradScalerOptions options = {});

  /// loss × scale, on the loss's device; the loss itself when not enabled.
  at::Tensor scale(const at::Tensor& loss);

  /// Divides the gradients of the optimizer's parameters.
  /// @throws UsageError when it was done since the last update(), before
  /// scale(), for float16 gradients, and for a Trainer's optimizer.
  void unscale_(torch::optim::Optimizer& optimizer);

  /// unscale_() unless it was done, then the optimizer's step unless a
  /// gradient is not finite. Returns whether it stepped. Of a Trainer's
  /// optimizer it is the same as the optimizer's own step().
  /// @throws UsageError when it stepped since the last update().
  bool step(torch::optim::Optimizer& optimizer);

  /// Sets the next scale. In a Trainer it is called after every batch.
  /// @throws UsageError when there was no step() or unscale_() before.
  void update();

  /// Waits for the device.
  double get_scale() const;
  bool enabled() const { return options_.enabled(); }

  /// Before NanPolicy, GradientClipping and all others that look at gradients.
  int priority() const override { return kUnscale; }
  void on_train_begin(Trainer& trainer) override;
  void on_batch_begin(Trainer& trainer, const Batch&) override;
  bool on_update_begin(Trainer& trainer, OptimizerSlot& slot) override;
  void on_batch_end(Trainer& trainer, const Batch&, const Meter&) override;
  void on_epoch_end(Trainer& trainer) override;

  /// With Python's keys: scale, growth_factor, backoff_factor,
  /// growth_interval, _growth_tracker; empty when not enabled.
  State state() const override;
  /// Python's too. @throws FormatError; nothing is changed then.
  void load_state(const State& state) override;

 private:
  struct Seen {
    at::Tensor found_inf;  // 1 when a gradient was not finite; else 0
    bool stepped = false;
  };

  void update_in(Trainer& trainer);
  bool scales(const OptimizerSlot& slot) const;

  GradScalerOptions options_;
  LossScale scale_;
  bool in_trainer_ = false;
  std::unordered_map<const torch::optim::Optimizer*, Seen> seen_;
};

}  // namespace thexp
