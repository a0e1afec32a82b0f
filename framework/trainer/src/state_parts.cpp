#include "thexp/trainer/state_parts.h"

#include "checkpoint.h"

namespace thexp {

State without_averages(State whole) {
  whole[Checkpoint::kOwn]["meters"] = State();
  return whole;
}

}  // namespace thexp
