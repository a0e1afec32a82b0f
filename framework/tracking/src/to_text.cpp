#include "thexp/tracking/to_text.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/text.h"

namespace thexp {

std::string to_text(double value) { return format_real(value); }

std::string to_text(float value) {
  if (!std::isfinite(value)) return format_real(value);
  // As a float: widened to double, 0.1f would read 0.10000000149011612.
  std::string text = fmt::format("{}", value);
  bool plain = text.find_first_of(".e") == std::string::npos;
  return plain ? text + ".0" : text;
}

std::string to_text(const Value& value) { return value.to_json(); }

}  // namespace thexp
