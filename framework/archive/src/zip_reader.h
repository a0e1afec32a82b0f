#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "byte_source.h"

namespace thexp {

/// Reads the stored entries of a ZIP archive, ZIP64 included. Trusts nothing:
/// all numbers are checked against the file's size before anything is
/// allocated. An archive that records zero for every checksum has none.
class ZipReader {
 public:
  struct Entry {
    std::string name;
    uint64_t bytes;
    uint32_t crc;
    uint64_t offset;    ///< of the local header
    bool plain = true;  ///< neither compressed nor encrypted
  };

  /// Reads the directory. @throws FormatError
  explicit ZipReader(const ByteSource& source);

  const std::vector<Entry>& entries() const { return entries_; }

  /// nullptr when there is none.
  const Entry* find(const std::string& name) const;

  /// Reads all of the entry's bytes. @throws FormatError naming the entry
  /// when it is not plain or its checksum does not match.
  void read(const Entry& entry, void* to) const;
  std::string read(const Entry& entry) const;

  /// Reads the entry only for its checksum.
  void verify(const Entry& entry) const;

 private:
  struct Directory {
    uint64_t start, bytes, count;
  };

  [[noreturn]] void fail(const std::string& problem) const;
  Directory find_directory() const;
  Directory read_end64(uint64_t end) const;
  void read_directory();
  std::size_t read_entry(const std::string& table, std::size_t at);
  void read_zip64_extra(const std::string& extra, Entry& entry) const;
  void add(Entry entry);
  uint64_t data_offset(const Entry& entry) const;
  void check(const Entry& entry, uint32_t crc) const;

  const ByteSource& source_;
  Directory directory_{};
  uint64_t total_ = 0;  // bytes of all entries
  bool has_checksums_ = false;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace thexp
