#include "thexp/callbacks/gradient_clipping.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/optim/gradients.h"
#include "thexp/optim/optimizer.h"

namespace thexp {

GradientClipping::GradientClipping(double limit, By by)
    : limit_(limit), by_(by) {
  if (!(limit > 0)) {
    throw UsageError(
        fmt::format("GradientClipping: the limit {} is not positive", limit));
  }
}

bool GradientClipping::on_update_begin(Trainer&, OptimizerSlot& slot) {
  if (by_ == By::kNorm) {
    clip_gradient_norm(slot.parameters(), limit_);
  } else {
    clip_gradient_value(slot.parameters(), limit_);
  }
  return true;
}

}  // namespace thexp
