#pragma once

#include <string>
#include <string_view>

#include "memory_budget.h"
#include "pickle_node.h"

namespace thexp {

/// Reads a pickle of protocol 2 that holds plain data and tensors. Executes
/// nothing: what has a name outside of a short list becomes a PickleForeign.
/// @param source names the pickle in messages: "a.pt: archive/data.pkl".
/// @param budget pays for what a call copies out of its arguments. All else is
/// made by the pickle's own bytes: at most about 150 for each.
/// @throws FormatError naming source and offset.
PickleTree unpickle(std::string_view bytes,
                    const std::string& source,
                    MemoryBudget& budget);

}  // namespace thexp
