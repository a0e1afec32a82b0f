#pragma once

#include <string>

#include "thexp/base/clock.h"

namespace thexp {

// The inverse of iso8601(). @throws FormatError
SystemTime parse_iso8601(const std::string& text);

}  // namespace thexp
