#pragma once

#include "thexp/trainer/callback.h"

namespace thexp {

/// Limits gradients before every update, by their common norm or element by
/// element. Never waits for the device.
class GradientClipping : public Callback {
 public:
  enum class By { kNorm, kValue };

  /// @throws UsageError when `limit` is not positive.
  explicit GradientClipping(double limit, By by = By::kNorm);

  int priority() const override { return kMutate; }
  bool on_update_begin(Trainer& trainer, OptimizerSlot& slot) override;

 private:
  double limit_;
  By by_;
};

}  // namespace thexp
