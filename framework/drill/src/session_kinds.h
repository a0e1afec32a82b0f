#pragma once

#include <vector>

#include "probe.h"
#include "session.h"

namespace thexp::detail {

// What each kind of session does with a trainer that is set up.

/// Trains to the session's step and saves the state there.
TrainFacts train_session(const DrillSession& session, Trainer& trainer);

/// Trains a few steps; what it finds of gradients and of an evaluation.
std::vector<DrillResult> inspect_session(const DrillSession& session,
                                         Trainer& trainer,
                                         const DrillProbe& probe);

/// Loads a state and takes it again.
DrillResult reload_session(const DrillSession& session, Trainer& trainer);

/// Trains on one batch until its loss is halved.
DrillResult overfit_session(const DrillSession& session,
                            Trainer& trainer,
                            DrillProbe& probe);

/// Trains over a step whose batch (or else its gradients) is NaN.
DrillResult nan_session(const DrillSession& session,
                        Trainer& trainer,
                        DrillProbe& probe);

}  // namespace thexp::detail
