#pragma once

#include <cstddef>
#include <string>

#include "zip_writer.h"

namespace thexp_fuzz {

/// A .pt file with right checksums: `pickle`, beside `storages` storages of
/// `bytes` bytes each, called 0, 1, ….
inline std::string pickle_archive(const void* pickle,
                                  std::size_t size,
                                  int storages,
                                  std::size_t bytes) {
  std::string file;
  thexp::ZipWriter zip([&](const void* data, std::size_t count) {
    file.append(static_cast<const char*>(data), count);
  });
  zip.add("a/data.pkl", pickle, size);
  for (int i = 0; i < storages; ++i) {
    zip.add("a/data/" + std::to_string(i), std::string(bytes, '\1'));
  }
  zip.finish();
  return file;
}

}  // namespace thexp_fuzz
