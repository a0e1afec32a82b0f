#pragma once

#include "thexp/archive/safetensors.h"
#include "thexp/base/file.h"
#include "thexp/state/state.h"

namespace thexp {

/// Reads a safetensors file: a flat dict of tensors on the CPU, each with
/// memory of its own, in the file's order. `metadata`, where given, gets the
/// file's texts. For tensors that are read when they are touched, see
/// read_safetensors().
/// @throws FileError; FormatError naming file and tensor.
State load_safetensors(const fs::path& path,
                       Safetensors::Metadata* metadata = nullptr);

/// Writes a flat dict of tensors with text keys, such as module_state()'s.
/// Tensors that share elements are written one by one.
/// @throws FileError; UsageError naming the entry that is not a tensor (a dict
/// in the dict included), or that the format cannot hold: see
/// write_safetensors().
void save_safetensors(const fs::path& path,
                      const State& state,
                      const Safetensors::Metadata& metadata = {});

}  // namespace thexp
