#pragma once

#include <memory>

#include "trainer_parts.h"

namespace thexp {

/// What the drill changes in a trainer that is set up, and what run_program()
/// asks.
struct TrainerAccess {
  /// Whether there is a run: something was written.
  static bool has_run(const Trainer& trainer) {
    return trainer.parts_->run != nullptr;
  }
  static std::shared_ptr<BatchSource>& loader(Trainer& trainer, Phase phase) {
    return trainer.parts_->loaders[index_of(phase)];
  }
};

}  // namespace thexp
