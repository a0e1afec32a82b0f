#pragma once

#include <string>

#include "thexp/trainer/phase.h"

namespace thexp {

class Trainer;

/// Why a phase has no batch at all: there is no data, or it gives none, or a
/// limit of 0 says so; empty when it has some.
std::string why_no_batches(const Trainer& trainer, Phase phase);

/// Why nobody will ever measure a metric such as "eval/acc", and what to do;
/// empty when it can be measured, or when a limit of 0 turned that off: who
/// waits for the metric then waits.
std::string why_never_measured(const Trainer& trainer,
                               const std::string& metric);

/// Looks for a metric that is needed (`why`: "it is watched") among those that
/// are known to be reported. Where a callback may still add it at the end of an
/// evaluation, one that is not there is only a warning.
/// @throws UsageError with the nearest name.
void check_metric_name(Trainer& trainer,
                       const std::string& metric,
                       const std::string& why);

}  // namespace thexp
