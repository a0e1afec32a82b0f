#pragma once

#include "thexp/state/state.h"

namespace thexp {

/// Something whose state a checkpoint carries.
class Stateful {
 public:
  virtual ~Stateful() = default;

  /// Everything needed to go on exactly as if never interrupted. Tensors may
  /// alias live ones: clone the State to keep it.
  virtual State state() const = 0;

  /// Takes back what state() gave. Throws, and changes nothing, when it does
  /// not fit.
  virtual void load_state(const State& state) = 0;
};

}  // namespace thexp
