#include "thexp/archive/elements.h"

#include <algorithm>
#include <cstring>

#include "thexp/archive/crc32.h"

namespace thexp {

ElementReader::ElementReader(const ArchiveTensor& tensor)
    : tensor_(tensor),
      element_bytes_(info_of(tensor.type).bytes),
      left_(static_cast<uint64_t>(element_count(tensor))),
      row_start_(tensor.offset) {
  if (tensor.sizes.empty()) return;
  index_.resize(tensor.sizes.size() - 1);
  strides_ = tensor.strides;
  for (std::size_t i = 0; i < strides_.size(); ++i) {
    if (tensor.sizes[i] == 1) strides_[i] = 0;  // it may be any number
  }
  row_length_ = tensor.sizes.back();
  row_stride_ = strides_.back();
}

std::size_t ElementReader::read(void* to, std::size_t room) {
  char* out = static_cast<char*>(to);
  std::size_t done = 0;
  while (done < room && left_ > 0) {
    auto in_row = static_cast<std::size_t>(row_length_ - column_);
    std::size_t count = std::min(room - done, in_row);
    copy_row(out + done * element_bytes_, count);
    done += count;
    left_ -= count;
    column_ += static_cast<int64_t>(count);
    if (column_ == row_length_) next_row();
  }
  return done;
}

void ElementReader::copy_row(char* to, std::size_t count) {
  auto step = row_stride_ * static_cast<int64_t>(element_bytes_);
  const char* from =
      tensor_.storage->data + (row_start_ + column_ * row_stride_) *
                                  static_cast<int64_t>(element_bytes_);
  if (row_stride_ == 1) {
    std::memcpy(to, from, count * element_bytes_);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * element_bytes_, from + static_cast<int64_t>(i) * step,
                element_bytes_);
  }
}

void ElementReader::next_row() {
  column_ = 0;
  for (std::size_t i = index_.size(); i-- > 0;) {
    row_start_ += strides_[i];
    if (++index_[i] < tensor_.sizes[i]) return;
    row_start_ -= strides_[i] * tensor_.sizes[i];
    index_[i] = 0;
  }
}

uint64_t ElementReader::bytes_left() const { return left_ * element_bytes_; }

const char* contiguous_data(const ArchiveTensor& tensor) {
  if (!is_contiguous(tensor)) return nullptr;
  return tensor.storage->data +
         static_cast<std::size_t>(tensor.offset) * info_of(tensor.type).bytes;
}

bool repeats_too_often(const ArchiveTensor& tensor) {
  constexpr uint64_t kTimes = 16, kFree = 1 << 20;
  uint64_t bytes = ElementReader(tensor).bytes_left();
  return bytes > kFree && bytes / kTimes > tensor.storage->size;
}

uint32_t crc32_of(const ArchiveTensor& tensor) {
  ElementReader elements(tensor);
  if (const char* data = contiguous_data(tensor)) {
    return crc32_of(data, static_cast<std::size_t>(elements.bytes_left()));
  }
  std::size_t item = info_of(tensor.type).bytes;
  std::vector<char> buffer(static_cast<std::size_t>(
      std::min<uint64_t>(elements.bytes_left(), 1 << 16)));
  uint32_t crc = 0;
  while (std::size_t count =
             elements.read(buffer.data(), buffer.size() / item)) {
    crc = crc32_of(buffer.data(), count * item, crc);
  }
  return crc;
}

}  // namespace thexp
