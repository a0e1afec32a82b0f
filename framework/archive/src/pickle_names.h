#pragma once

#include <optional>
#include <string>
#include <variant>

#include "pickle_node.h"

namespace thexp {

using PickleData = decltype(PickleNode::data);

/// What a Python name stands for, or nothing when it is not on the list.
std::optional<PickleData> known_python_name(const std::string& module,
                                            const std::string& name);

}  // namespace thexp
