#pragma once

#include <string>
#include <string_view>

#include "thexp/base/value.h"

namespace thexp {

/// What an unquoted YAML scalar means: YAML 1.2's core schema, except that
/// booleans are `true` and `false` alone, and that integers are decimal
/// without leading zeros. Numbers that their type cannot hold (1e400, 1e-400)
/// stay text.
Value resolve_plain_scalar(std::string_view text);

/// "007"
bool has_leading_zero(std::string_view number);

/// [-+]?digits
bool looks_like_integer(std::string_view text);

/// An integer, or one with a point or an exponent.
bool looks_like_number(std::string_view text);

}  // namespace thexp
