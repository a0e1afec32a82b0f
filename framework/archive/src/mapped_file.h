#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "thexp/base/file.h"

namespace thexp {

/// A file's bytes in memory, read by the system when they are touched.
class MappedFile {
 public:
  /// @throws FileError with path and errno.
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const {
    return {static_cast<const char*>(memory_), size_};
  }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace thexp
