#include "thexp/archive/archive_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {

// Out of line, as g++ 12 warns of uninitialised members when it inlines them.
ArchiveValue::ArchiveValue(const ArchiveValue& other) = default;
ArchiveValue::ArchiveValue(ArchiveValue&& other) noexcept = default;
ArchiveValue& ArchiveValue::operator=(const ArchiveValue& other) = default;
ArchiveValue& ArchiveValue::operator=(ArchiveValue&& other) noexcept = default;
ArchiveValue::~ArchiveValue() = default;

std::string ForeignObject::message() const {
  std::string here = path.empty() ? "it" : "'" + path + "'";
  return fmt::format("{} is {}, which is not plain data and was not loaded",
                     here, what);
}

std::string key_text(const ArchiveValue::Key& key) {
  if (const auto* text = std::get_if<std::string>(&key)) return *text;
  return std::to_string(std::get<int64_t>(key));
}

std::string describe(const ArchiveTensor& tensor) {
  std::vector<std::string> sizes;
  for (int64_t size : tensor.sizes) sizes.push_back(std::to_string(size));
  return fmt::format("{} [{}]", info_of(tensor.type).name, join(sizes, ", "));
}

int64_t element_count(const ArchiveTensor& tensor) {
  auto bytes = static_cast<int64_t>(info_of(tensor.type).bytes);
  bool over = false;
  for (int64_t size : tensor.sizes) {
    if (size == 0) return 0;
    over |= __builtin_mul_overflow(bytes, size, &bytes);
  }
  if (over) {
    throw FormatError(
        fmt::format("a tensor {} has more elements than 63 bits "
                    "can count",
                    describe(tensor)));
  }
  return bytes / static_cast<int64_t>(info_of(tensor.type).bytes);
}

int64_t storage_reach(const ArchiveTensor& tensor) {
  int64_t last = tensor.offset;
  auto bytes = static_cast<int64_t>(info_of(tensor.type).bytes);
  bool empty = false, over = false;
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    int64_t size = std::max<int64_t>(tensor.sizes[i], 1), steps = 0;
    over |= __builtin_mul_overflow(bytes, size, &bytes);
    over |= __builtin_mul_overflow(size - 1, tensor.strides[i], &steps);
    over |= __builtin_add_overflow(last, steps, &last);
    empty |= tensor.sizes[i] == 0;
  }
  over |= __builtin_add_overflow(last, 1, &last);
  if (over) return -1;
  return empty ? 0 : last;
}

bool is_contiguous(const ArchiveTensor& tensor) {
  const auto& sizes = tensor.sizes;
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return true;
  int64_t expected = 1;
  for (std::size_t i = tensor.sizes.size(); i-- > 0;) {
    if (tensor.sizes[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.sizes[i];
  }
  return true;
}

std::vector<int64_t> contiguous_strides(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> strides(sizes.size());
  int64_t next = 1;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    strides[i] = next;
    next *= std::max<int64_t>(sizes[i], 1);
  }
  return strides;
}

std::shared_ptr<void> allocate_bytes(std::size_t bytes) {
  constexpr std::size_t kAlignment = 64;
  std::size_t rounded = (bytes / kAlignment + 1) * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return std::shared_ptr<void>(memory, std::free);
}

}  // namespace thexp
