#pragma once

#include <cstdint>
#include <vector>

#include "thexp/archive/elements.h"

namespace thexp_fuzz {

/// Reads all elements of a tensor, so that a sanitizer sees each access.
inline void walk(const thexp::ArchiveTensor& tensor) {
  if (thexp::repeats_too_often(tensor)) return;
  volatile uint32_t checksum = crc32_of(tensor);
  static_cast<void>(checksum);
}

inline void walk(const thexp::ArchiveValue& value) {
  if (const auto* tensor = value.get<thexp::ArchiveTensor>()) walk(*tensor);
  if (const auto* list = value.get<thexp::ArchiveValue::List>()) {
    for (const auto& item : *list) walk(item);
  }
  if (const auto* dict = value.get<thexp::ArchiveValue::Dict>()) {
    for (const auto& entry : *dict) walk(entry.second);
  }
}

}  // namespace thexp_fuzz
