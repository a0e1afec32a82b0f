#pragma once

#include <string>
#include <string_view>

#include "thexp/base/value.h"

namespace thexp {

/// What an unquoted YAML scalar means: YAML 1.2's core schema, except that
/// booleans are `true` and `false` alone, and that integers are decimal
/// without leading zeros. Numbers too large for their type stay text.
Value resolve_plain_scalar(std::string_view text);

/// [-+]?digits
bool looks_like_integer(std::string_view text);

/// An integer, or one with a point or an exponent.
bool looks_like_number(std::string_view text);

}  // namespace thexp
