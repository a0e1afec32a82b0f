#pragma once

#include <optional>
#include <string>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

/// One difference between two Params; nullopt: there is no such parameter.
struct ParamDiff {
  std::string key;
  std::optional<Value> before;
  std::optional<Value> after;
};

/// "optim.lr: 0.05 -> 0.1", one line each; "" when there are none.
std::string to_string(const std::vector<ParamDiff>& differences);

}  // namespace thexp
