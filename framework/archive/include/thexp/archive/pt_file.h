#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "thexp/archive/archive_value.h"
#include "thexp/base/file.h"

namespace thexp {

/// What a written file weighs.
struct PtSummary {
  uint64_t bytes = 0;
  uint32_t crc32 = 0;  ///< of the whole file, as zlib's crc32 computes it
};

/// Reads a file of write_pt() or of Python's `torch.save` of state dicts
/// (PyTorch 1.6 or newer). Nothing in the file is executed. Tuples, sets and
/// `torch.Size` become lists, Counter and defaultdict dicts, a Parameter a
/// tensor; a conjugate or negative view is computed; any other Python object
/// becomes a ForeignObject. Every entry's checksum is verified,
/// except in a file without any (`set_crc32_options(False)`). Memory for
/// storages comes from `allocate`: never more than the file's bytes, and for
/// such views 16 times those and 1 MiB. The tree itself takes at most 64 MiB
/// and 128 bytes for each byte of the pickle, whatever that repeats.
///
/// @throws FileError; FormatError naming file, entry and offset, also for a
/// file that is one foreign object (by its name), and saying what a file of
/// another kind is.
ArchiveValue read_pt(const fs::path& path,
                     const AllocateBytes& allocate = allocate_bytes);

/// The same from memory. `source` names the bytes in error messages.
ArchiveValue read_pt_bytes(std::string_view bytes,
                           const std::string& source = "bytes",
                           const AllocateBytes& allocate = allocate_bytes);

/// Writes the tree as Python's `torch.save` does; `torch.load(path,
/// weights_only=True)` reads it. Each storage is written whole, once, straight
/// from its memory. The file appears only when complete: see AtomicFile.
///
/// @throws FileError; UsageError naming the path of a tensor that does not lie
/// inside its storage or shares it with one of another type, or of text that
/// is not UTF-8, or of a foreign object.
PtSummary write_pt(const fs::path& path, const ArchiveValue& tree);
/// The same into a file that the caller commits.
PtSummary write_pt(AtomicFile& file, const ArchiveValue& tree);
std::string write_pt_bytes(const ArchiveValue& tree);

}  // namespace thexp
