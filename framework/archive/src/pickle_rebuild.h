#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "pickle_names.h"

namespace thexp {

/// The storage that a persistent id names: ('storage', class, key, location,
/// elements). Nothing, and the problem, when it is not such a tuple.
std::optional<PickleData> rebuild_storage(const PickleNode& id,
                                          std::string& problem);

/// What a call of `callable` (a PickleName) with a tuple of arguments makes.
std::optional<PickleData> rebuild_object(const PickleNode& callable,
                                         const PickleNode& arguments,
                                         std::string& problem);

/// The node, when it is foreign, or the first such item of a tuple; else
/// nullptr.
const PickleForeign* foreign_part(const PickleNode& node);

/// Bytes that such an object copies out of its arguments, which cost the
/// pickle nothing when they come from its memo.
std::size_t copied_bytes(const PickleData& object);

}  // namespace thexp
