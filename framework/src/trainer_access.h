#pragma once

#include <memory>

#include "trainer_parts.h"

namespace thexp {

/// What the drill changes in a trainer that is set up.
struct TrainerAccess {
  static std::shared_ptr<BatchSource>& loader(Trainer& trainer, Phase phase) {
    return trainer.parts_->loaders[index_of(phase)];
  }
};

}  // namespace thexp
