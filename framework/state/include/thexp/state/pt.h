#pragma once

#include <string>
#include <string_view>

#include "thexp/archive/pt_file.h"
#include "thexp/base/file.h"
#include "thexp/state/state.h"

namespace thexp {

/// Writes `state` in Python's zip format, as `torch.save` does; Python reads
/// it with `torch.load(path, weights_only=True)`. Lists become lists, dicts
/// become dicts. The file appears only when complete: see AtomicFile.
///
/// A tensor is written from its device's memory by a copy; entries that share
/// a storage share it in the file; a view that shares with no other entry is
/// written as a tensor of its own.
///
/// @throws FileError; UsageError naming the path of a tensor that is sparse,
/// quantized or without storage, of text that is not UTF-8, or of a foreign
/// object.
PtSummary save_pt(const fs::path& path, const State& state);
/// The same into a file that the caller commits.
PtSummary save_pt(AtomicFile& file, const State& state);

/// @throws UsageError naming the path of what save_pt() would refuse.
void check_savable(const State& state);

/// Reads a file of save_pt() or of Python's `torch.save` of state dicts
/// (PyTorch 1.6 or newer). Nothing in the file is executed. Tuples and
/// `torch.Size` become lists, a Parameter becomes a tensor, a Python object
/// that is not plain data a ForeignObject; every tensor is on the CPU. Every
/// entry's checksum is verified.
///
/// @throws FileError; FormatError naming file, entry and offset, and saying
/// what a file of another kind is.
State load_pt(const fs::path& path);

/// The same to and from memory. `source` names the bytes in error messages.
std::string to_pt_bytes(const State& state);
State from_pt_bytes(std::string_view bytes,
                    const std::string& source = "bytes");

}  // namespace thexp
