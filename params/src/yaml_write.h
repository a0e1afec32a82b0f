#pragma once

#include <string>

#include "thexp/base/value.h"

namespace thexp {

/// One line: `0.1`, `"1e-3"`, `[1, 2]`, `{a: 1}`. Text is quoted where this or
/// another YAML reader would take it for something else.
std::string to_yaml_line(const Value& value);

/// Block style for dicts, one line for each other value; ends with a newline.
std::string to_yaml_block(const Value& dict);

}  // namespace thexp
