#pragma once

#include <optional>
#include <string>

#include "thexp/base/value.h"

namespace thexp {

/// A metric of a checkpoint by its sidecar: `info["metrics"][name]` or
/// `info[name]`. Nothing for NaN, and within an epoch (`info["batch"]` above
/// 0): its averages are not an epoch's.
std::optional<double> checkpoint_metric(const Value& info,
                                        const std::string& name);

}  // namespace thexp
