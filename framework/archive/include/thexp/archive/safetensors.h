#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thexp/archive/archive_value.h"
#include "thexp/base/file.h"

namespace thexp {

/// A safetensors file: named tensors, and texts about them.
struct Safetensors {
  using Tensors = std::vector<std::pair<std::string, ArchiveTensor>>;
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  Tensors tensors;    ///< by their place in the file
  Metadata metadata;  ///< `__metadata__`, as ordered in the file

  /// nullptr when there is none of that name.
  const ArchiveTensor* find(std::string_view name) const;
};

/// Whether the file begins like one: a length, then `{`. No file of torch.save
/// does. @throws FileError
bool begins_as_safetensors(const fs::path& path);

/// Reads the header and maps the file: a tensor's bytes come from the disk when
/// they are touched. They are valid for as long as any tensor of the file is
/// kept, and as long as the file is not shortened in place (replacing it by
/// rename is fine). There is no checksum in this format.
///
/// @throws FileError; FormatError naming the file and the tensor for a header
/// that is too large, no JSON, or has unknown or repeated keys, for a type
/// that .pt files of ours do not have, and for tensors that overlap, leave
/// gaps, or do not have the bytes that their shape needs.
Safetensors read_safetensors(const fs::path& path);

/// The same for bytes in memory, which must outlive the tensors. `source`
/// names them in error messages.
Safetensors read_safetensors_bytes(std::string_view bytes,
                                   const std::string& source = "bytes");

/// Writes each tensor's elements in row-major order, straight from memory
/// where they lie so; tensors that share a storage are written one by one. The
/// order is that of the reference: widest elements first, then by name, so
/// that all are aligned. The file appears only when complete: see AtomicFile.
///
/// @throws FileError; UsageError naming a tensor of complex type, one that
/// lies outside of its storage or repeats its elements over 16 times, a name
/// that is there twice or is not UTF-8, and the name `__metadata__`.
void write_safetensors(const fs::path& path, const Safetensors& content);
std::string write_safetensors_bytes(const Safetensors& content);

/// The format's name of a type ("F32"), or nullptr for a complex one.
const char* safetensors_name(ElementType type);

}  // namespace thexp
