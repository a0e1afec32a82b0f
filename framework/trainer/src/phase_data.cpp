#include "thexp/trainer/phase_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

std::string why_no_batches(const Trainer& trainer, Phase phase) {
  const char* name = phase_name(phase);
  if (!trainer.has_loader(phase)) {
    return fmt::format("there is no {} data", name);
  }
  if (trainer.run_plan().limit(phase) == 0) {
    return fmt::format("limit_{}_batches is 0", name);
  }
  if (trainer.loader(phase).batches() != 0) return "";
  return fmt::format(
      "the {} data gives no batch: it is empty, or smaller than one batch with "
      "drop_last",
      name);
}

void check_metric_name(Trainer& trainer,
                       const std::string& metric,
                       const std::string& why) {
  std::optional<Phase> phase = metric_phase(metric);
  bool is_later = !phase || phase == Phase::kTrain;  // or of no phase
  auto known = is_later ? std::nullopt : trainer.metric_names(*phase);
  if (!known) return;
  if (std::find(known->begin(), known->end(), metric) != known->end()) return;
  std::string meant = closest_match(metric, *known);
  std::string what =
      fmt::format("there is no {} ({}); {}", metric, why,
                  meant.empty() ? "there are: " + join(*known, ", ")
                                : fmt::format("did you mean {}?", meant));
  if (!trainer.may_gain_metrics(*phase)) throw UsageError(what);
  trainer.logger().warn(what, "or does a callback add it?");
}

std::string why_never_measured(const Trainer& trainer,
                               const std::string& metric) {
  std::optional<Phase> phase = metric_phase(metric);
  if (!phase) return "";
  bool there = trainer.has_loader(*phase);
  if (there && trainer.run_plan().limit(*phase) == 0) return "";
  std::string why = why_no_batches(trainer, *phase);
  return there ? why : why + "; call add_loader in datasets()";
}

}  // namespace thexp
