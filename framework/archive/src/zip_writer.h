#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "zip_format.h"

namespace thexp {

/// Writes a ZIP archive of stored entries front to back, each entry's data at
/// a multiple of 64 bytes; ZIP64 where a number does not fit into 32 bits. As
/// PyTorch does, an entry's checksum stands behind its data (and in the
/// directory), so that the data is passed over once.
class ZipWriter {
 public:
  using Sink = std::function<void(const void* data, std::size_t bytes)>;

  /// Numbers from `zip64_from` on are written as ZIP64 numbers; only tests of
  /// that need another value than the default.
  explicit ZipWriter(Sink sink, uint64_t zip64_from = zip::kMax32);

  void add(const std::string& name, const void* data, std::size_t bytes);
  void add(const std::string& name, const std::string& text) {
    add(name, text.data(), text.size());
  }

  /// Writes the directory. Nothing can be added afterwards.
  void finish();

  uint64_t bytes() const { return bytes_; }
  uint32_t crc32() const { return crc_; }  ///< of everything written

 private:
  struct Entry {
    std::string name;
    uint64_t bytes;
    uint32_t crc;
    uint64_t offset;
  };

  bool is_large(uint64_t number) const { return number >= zip64_from_; }
  void put(const std::string& header);
  uint32_t stream(const char* data, std::size_t bytes);
  std::string descriptor(const Entry& entry) const;
  std::string local_header(const Entry& entry) const;
  std::string central_header(const Entry& entry) const;
  std::string end_records(uint64_t start, uint64_t size) const;

  Sink sink_;
  uint64_t zip64_from_;
  std::vector<Entry> entries_;
  uint64_t bytes_ = 0;
  uint32_t crc_ = 0;
};

}  // namespace thexp
