#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct gzFile_s;

namespace thexp::detail {

/// The bytes of a file, decompressed when it is gzip, from front to back.
class ByteReader {
 public:
  /// @throws FileError when it cannot be opened.
  explicit ByteReader(std::filesystem::path path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Exactly `count` bytes. Memory grows with what the file really gives.
  /// @throws FormatError when it ends before, or is damaged.
  std::vector<uint8_t> take(uint64_t count, const std::string& what);

  /// @throws FormatError when there are more bytes.
  void expect_end();

  /// @throws FormatError "<path>: at offset N: <problem>"
  [[noreturn]] void fail(const std::string& problem) const;

  /// Of a file that is not what was wanted. @throws FormatError when its kind
  /// is known.
  void refuse_other_kind(const std::string& wanted) const;

  /// Bytes taken so far.
  uint64_t offset() const { return offset_; }

 private:
  std::size_t read_some(uint8_t* out, std::size_t count);

  std::filesystem::path path_;
  gzFile_s* file_;
  uint64_t offset_ = 0;
};

}  // namespace thexp::detail
