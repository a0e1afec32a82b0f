#include <ATen/ops/empty.h>

#include <utility>

#include "archive_tree.h"
#include "fresh_memory.h"
#include "tensor_bytes.h"

namespace thexp {
namespace {

// The deleter of memory that a storage owns; found again by from_archive().
struct StorageOwner {
  c10::Storage storage;
  void operator()(void*) const {}
};

State::Key key_of(const ArchiveValue::Key& key) {
  if (const auto* text = std::get_if<std::string>(&key)) return *text;
  return std::get<int64_t>(key);
}

State tensor_of(const ArchiveTensor& given) {
  const auto* owner = std::get_deleter<StorageOwner>(given.storage->owner);
  at::Tensor tensor = at::empty({0}, scalar_type_of(given.type));
  tensor.set_(owner->storage, given.offset, given.sizes, given.strides);
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
  c10::Storage storage = fresh_storage(bytes);
  return std::shared_ptr<void>(storage.data_ptr().get(), StorageOwner{storage});
}

State from_archive(const ArchiveValue& tree) {
  if (const auto* value = tree.get<bool>()) return *value;
  if (const auto* value = tree.get<int64_t>()) return *value;
  if (const auto* value = tree.get<double>()) return *value;
  if (const auto* value = tree.get<std::string>()) return *value;
  if (const auto* value = tree.get<ArchiveTensor>()) return tensor_of(*value);
  if (const auto* value = tree.get<ArchiveValue::List>()) {
    return list_of(*value);
  }
  if (const auto* value = tree.get<ArchiveValue::Dict>()) {
    return dict_of(*value);
  }
  if (const auto* value = tree.get<std::shared_ptr<const ForeignObject>>()) {
    return *value;
  }
  return {};
}

}  // namespace thexp
