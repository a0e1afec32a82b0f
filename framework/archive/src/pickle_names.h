#pragma once

#include <string>
#include <variant>

#include "pickle_node.h"

namespace thexp {

using PickleData = decltype(PickleNode::data);

/// What a Python name stands for: foreign when it is not on the list.
PickleData meaning_of(const std::string& module, const std::string& name);

/// "the Python object 'collections.OrderedDict'": the name behind a part of a
/// tensor, or a function, that stands alone.
std::string python_name(const PickleNode& node);

}  // namespace thexp
