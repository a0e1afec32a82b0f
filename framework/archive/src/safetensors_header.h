#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "thexp/archive/safetensors.h"

namespace thexp {

/// The most that the reference implementation takes too.
constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;
constexpr const char* kSafetensorsMetadata = "__metadata__";

/// What a header says of one tensor, unchecked.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::vector<int64_t> offsets;  ///< begin and end, after the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  Safetensors::Metadata metadata;
};

/// Parses a header's JSON strictly: only the keys of the format, each once.
/// @throws FormatError naming source and key.
SafetensorsHeader parse_safetensors_header(std::string_view json,
                                           const std::string& source);

}  // namespace thexp
