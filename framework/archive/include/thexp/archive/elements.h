#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "thexp/archive/archive_value.h"

namespace thexp {

/// Hands out a tensor's elements in row-major order, whatever its strides, a
/// piece at a time.
///
///     ElementReader elements(tensor);
///     while (std::size_t count = elements.read(buffer, room)) …
///
/// A tensor may repeat its elements (`expand`), and a hostile file may have it
/// do so without end: see repeats_too_often().
class ElementReader {
 public:
  /// @param tensor must lie inside its storage and outlive this.
  explicit ElementReader(const ArchiveTensor& tensor);

  /// Copies up to `room` elements; returns how many, 0 at the end.
  std::size_t read(void* to, std::size_t room);

  /// Bytes that are still to come.
  uint64_t bytes_left() const;

 private:
  void next_row();
  void copy_row(char* to, std::size_t count);

  const ArchiveTensor& tensor_;
  std::size_t element_bytes_;
  uint64_t left_;               // elements
  std::vector<int64_t> index_;  // of the row
  std::vector<int64_t> strides_;
  int64_t row_length_ = 1;
  int64_t row_stride_ = 1;
  int64_t row_start_ = 0;  // in the storage
  int64_t column_ = 0;     // within the row
};

/// The elements as they lie, where they are row-major; else nullptr.
const char* contiguous_data(const ArchiveTensor& tensor);

/// Whether the elements take over 16 times the bytes of their storage (and
/// more than a MiB): then do not walk through them.
bool repeats_too_often(const ArchiveTensor& tensor);

/// The CRC-32 of the elements' bytes in row-major order.
uint32_t crc32_of(const ArchiveTensor& tensor);

}  // namespace thexp
