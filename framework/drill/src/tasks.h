#pragma once

#include "probe.h"
#include "session.h"
#include "thexp/base/value.h"

namespace thexp {

// What the kinds of sessions do with a trainer that is set up. Each returns
// its facts; the checks in drill_checks.cpp judge them.

/// Trains to the session's step and saves the state there.
/// {from, step, epoch, reason, run, workers}
Value drill_train(const DrillSession& session, Trainer& trainer);

/// Loads a state and takes it again. {difference, tensors, values}
Value drill_reload(const DrillSession& session, Trainer& trainer);

/// Trains on one batch until its loss is halved.
/// {key, first, last, steps, reason}; key is "" when no loss is reported.
Value drill_overfit(const DrillSession& session,
                    Trainer& trainer,
                    DrillProbe& probe);

/// Trains over a step whose batch (or else its gradients) is NaN.
/// {into, error, reason, warning, reported, bad, tensors}
Value drill_nan(const DrillSession& session,
                Trainer& trainer,
                DrillProbe& probe);

/// Looks at gradients and weights, what is left over between batches, and
/// what an evaluation does. See drill_inspect.cpp for the facts.
Value drill_inspect(const DrillSession& session,
                    Trainer& trainer,
                    DrillProbe& probe);

}  // namespace thexp
