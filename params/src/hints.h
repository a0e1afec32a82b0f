#pragma once

#include <string>
#include <vector>

#include "given.h"
#include "thexp/params/param_type.h"

namespace thexp {

/// What somebody who gave this for a parameter of the type may have meant, as
/// YAML that the parameter takes: `[30, 60]` for "30,60", `31` for "0x1F",
/// `null` for "None". "" when that is unknown.
std::string meant_by(const Given& given, const ParamType& type);

/// The choice that may have been meant, "cnn" for "CNN"; "" when none is near.
std::string choice_meant(const std::string& text,
                         const std::vector<std::string>& choices);

}  // namespace thexp
