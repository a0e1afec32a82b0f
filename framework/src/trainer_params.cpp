#include "thexp/framework/trainer_params.h"

namespace thexp {

TrainerParams::TrainerParams() { set_bare_value("resume", "latest"); }

TrainerParams::~TrainerParams() = default;

}  // namespace thexp
