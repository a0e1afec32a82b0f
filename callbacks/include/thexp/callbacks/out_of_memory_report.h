#pragma once

#include "thexp/trainer/callback.h"

namespace thexp {

/// When memory runs out, logs what takes it (parameters, gradients, optimizer
/// state) and what would help. The exception goes on.
class OutOfMemoryReport : public Callback {
 public:
  bool only_once() const override { return true; }
  ExceptionAction on_exception(Trainer& trainer,
                               const std::exception& error) override;
};

}  // namespace thexp
