#include "where.h"

#include <fmt/format.h>

#include "thexp/base/plural.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

bool is_by_steps(const Trainer& trainer) {
  return trainer.run_plan().counts_steps();
}

std::string step_of_all(const Trainer& trainer) {
  const int64_t step = trainer.progress().step;
  auto all = trainer.steps_wanted();
  return all ? "step " + share(step, *all) : fmt::format("step {}", step);
}

std::string epoch_of_all(const Trainer& trainer) {
  const Progress& at = trainer.progress();
  int64_t epoch = at.epoch + (at.batch > 0 ? 1 : 0);
  return "epoch " + share(epoch, trainer.epochs_wanted());
}

}  // namespace

std::string where_in_training(const Trainer& trainer) {
  return is_by_steps(trainer) ? step_of_all(trainer) : epoch_of_all(trainer);
}

std::string step_in_training(const Trainer& trainer) {
  if (is_by_steps(trainer)) return step_of_all(trainer);
  return fmt::format("{}, step {}", epoch_of_all(trainer),
                     trainer.progress().step);
}

}  // namespace thexp
