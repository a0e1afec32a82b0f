#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "thexp/state/state.h"

namespace torch::optim {
class Optimizer;
}

namespace thexp {

/// The number that a loss is multiplied by, so that small gradients survive in
/// float16, and how it changes: the arithmetic of torch.cuda.amp.GradScaler,
/// bit for bit. The scale is on the device of the first loss, and nothing
/// here waits for it unless that is said.
class LossScale {
 public:
  /// How the scale changes; the defaults are Python's.
  struct Growth {
    /// Multiplies the scale after `interval` updates in a row with finite
    /// gradients. Above 1.
    double factor = 2;
    /// Multiplies it after an update whose gradients were not finite. Between
    /// 0 and 1.
    double backoff = 0.5;
    int64_t interval = 2000;
  };

  /// @throws UsageError for a number out of its range.
  LossScale(double initial, const Growth& growth);

  /// loss × scale, on the loss's device.
  at::Tensor multiply(const at::Tensor& loss);

  /// Divides the gradients of the optimizer's parameters by the scale. Returns
  /// a 0-d tensor: above 0 when one of them is not finite. Waits for the
  /// device where gradients are on the CPU.
  /// @throws UsageError before multiply(), and for float16 gradients.
  at::Tensor unscale(const torch::optim::Optimizer& optimizer) const;

  /// Sets the next scale, from what unscale() returned for each optimizer.
  void update(const std::vector<at::Tensor>& found_inf);

  /// Waits for the device.
  double value() const;
  /// The scale, 0-d; undefined before multiply().
  const at::Tensor& tensor() const { return scale_; }

  /// With Python's keys: scale, growth_factor, backoff_factor,
  /// growth_interval, _growth_tracker. Waits for the device.
  State state() const;
  /// Python's too. @throws FormatError; nothing is changed then.
  void load_state(const State& state);

 private:
  void make_tensors(at::Device device);

  Growth growth_;
  double first_scale_;  // while there is no tensor yet
  int64_t first_tracker_ = 0;
  at::Tensor scale_;           // float, 0-d
  at::Tensor growth_tracker_;  // int, 0-d: updates in a row that were finite
};

}  // namespace thexp
