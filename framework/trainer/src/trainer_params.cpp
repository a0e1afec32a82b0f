#include "thexp/trainer/trainer_params.h"

namespace thexp {

TrainerParams::TrainerParams() {
  set_bare_value("resume", "latest");
  set_bare_value("drill", "60");
  set_plus_key("epoch", "more_epochs");
}

TrainerParams::~TrainerParams() = default;

}  // namespace thexp
