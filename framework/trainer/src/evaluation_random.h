#pragma once

#include <fmt/format.h>

#include "thexp/state/rnd_manager.h"
#include "thexp/trainer/phase.h"

namespace thexp {

/// While it exists, random numbers follow from the seed, the phase and the
/// step, so that an evaluation can be repeated; training's are put back, so
/// that it goes on as without one.
class EvaluationRandom {
 public:
  EvaluationRandom(RndManager& rnd, Phase phase, int64_t step)
      : rnd_(rnd), training_(rnd.state()) {
    rnd.mark(fmt::format("{}/{}", phase_name(phase), step));
  }
  ~EvaluationRandom() { rnd_.load_state(training_); }
  EvaluationRandom(const EvaluationRandom&) = delete;
  EvaluationRandom& operator=(const EvaluationRandom&) = delete;

 private:
  RndManager& rnd_;
  State training_;
};

}  // namespace thexp
