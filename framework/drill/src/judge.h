#pragma once

#include <optional>
#include <string>

#include "session.h"
#include "thexp/drill/drill.h"

namespace thexp {

DrillResult pass(std::string reason);
DrillResult warn(std::string reason, std::string hint = "");
DrillResult skip(std::string reason);
DrillResult fail(std::string reason, std::string hint = "");
DrillResult timeout(std::string reason);

/// A session that ended by an error or by the clock is a result already.
std::optional<DrillResult> trouble(const DrillOutcome& outcome);

// What the facts of one session say; see drill_tasks.h.
DrillResult judge_gradients(const Value& facts, std::int64_t steps);
DrillResult judge_evaluation(const Value& facts);
DrillResult judge_overfit(const DrillOutcome& outcome);
DrillResult judge_nan(const Value& facts);

}  // namespace thexp
