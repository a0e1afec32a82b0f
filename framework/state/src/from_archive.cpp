#include <ATen/ops/empty.h>
#include <sys/mman.h>

#include <cstdint>
#include <utility>

#include "archive_tree.h"
#include "tensor_bytes.h"

namespace thexp {
namespace {

// The deleter of memory that a tensor owns; found again by from_archive().
struct TensorOwner {
  at::Tensor bytes;
  void operator()(void*) const {}
};

// A hint: the system takes longer to give new memory in 4 KiB pages than to
// read a file into it.
void prefer_huge_pages(void* memory, std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  auto start = reinterpret_cast<std::uintptr_t>(memory);
  std::uintptr_t first = (start + kPage - 1) / kPage * kPage;
  std::uintptr_t last = (start + bytes) / kPage * kPage;
  if (first >= last) return;
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  static_cast<void>(memory);
  static_cast<void>(bytes);
#endif
}

State::Key key_of(const ArchiveValue::Key& key) {
  if (const auto* text = std::get_if<std::string>(&key)) return *text;
  return std::get<std::int64_t>(key);
}

State tensor_of(const ArchiveTensor& given) {
  const auto* owner = std::get_deleter<TensorOwner>(given.storage->owner);
  at::Tensor tensor = at::empty({0}, scalar_type_of(given.type));
  tensor.set_(owner->bytes.storage(), given.offset, given.sizes, given.strides);
  return tensor;
}

State list_of(const ArchiveValue::List& given) {
  State::List list;
  list.reserve(given.size());
  for (const ArchiveValue& item : given) list.push_back(from_archive(item));
  return list;
}

State dict_of(const ArchiveValue::Dict& given) {
  State::Dict dict;
  dict.reserve(given.size());
  for (const auto& [key, item] : given) {
    dict.emplace_back(key_of(key), from_archive(item));
  }
  return dict;
}

}  // namespace

std::shared_ptr<void> keep_in_tensors(std::size_t bytes) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(bytes)}, at::kByte);
  prefer_huge_pages(tensor.data_ptr(), bytes);
  return std::shared_ptr<void>(tensor.data_ptr(), TensorOwner{tensor});
}

State from_archive(const ArchiveValue& tree) {
  if (const auto* value = tree.get<bool>()) return *value;
  if (const auto* value = tree.get<std::int64_t>()) return *value;
  if (const auto* value = tree.get<double>()) return *value;
  if (const auto* value = tree.get<std::string>()) return *value;
  if (const auto* value = tree.get<ArchiveTensor>()) return tensor_of(*value);
  if (const auto* value = tree.get<ArchiveValue::List>()) {
    return list_of(*value);
  }
  if (const auto* value = tree.get<ArchiveValue::Dict>()) {
    return dict_of(*value);
  }
  return {};
}

}  // namespace thexp
