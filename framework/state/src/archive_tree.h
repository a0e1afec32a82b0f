#pragma once

#include "thexp/archive/archive_value.h"
#include "thexp/state/state.h"

namespace thexp {

/// The tree for a file. Tensors on the CPU are not copied: the result refers
/// to their memory and keeps it. Entries that share a storage share it there;
/// a view that shares with no other entry becomes a tensor of its own.
/// @throws UsageError naming the path of a tensor that is not dense.
ArchiveValue to_archive(const State& state);

/// The State of a tree whose storages keep_in_tensors() allocated.
State from_archive(const ArchiveValue& tree);

/// Memory that belongs to a tensor of LibTorch.
std::shared_ptr<void> keep_in_tensors(std::size_t bytes);

}  // namespace thexp
