#pragma once

#include "given.h"
#include "thexp/params/constraint.h"
#include "thexp/params/param_type.h"

namespace thexp {

/// The value as the type keeps it: an integer becomes a real for a real
/// parameter, "inf", "-inf", "nan" likewise; nothing else is converted.
/// @throws ParamError::wrong_type or out_of_range, with what would be right.
Value convert(const Given& given, const ParamType& type);

/// @throws ParamError::out_of_range or not_allowed.
void require_accepted(const Constraint& constraint,
                      const Value& value,
                      const std::string& where,
                      const std::string& shown);

}  // namespace thexp
