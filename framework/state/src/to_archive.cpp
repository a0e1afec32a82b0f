#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "archive_tree.h"
#include "state_path.h"
#include "tensor_bytes.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"

namespace thexp {
namespace {

void require_savable(const at::Tensor& tensor, const std::string& path) {
  bool dense = tensor.layout() == at::kStrided && tensor.has_storage() &&
               !tensor.is_meta() &&
               element_type_of(tensor.scalar_type()).has_value();
  if (dense) return;
  throw UsageError(fmt::format(
      "'{}' cannot be saved: {} on {} with layout {} is not a dense tensor "
      "of a type that Python's torch.load knows here",
      path.empty() ? "/" : path, describe_tensor(tensor), tensor.device().str(),
      c10::str(tensor.layout())));
}

int64_t element_bytes(const at::Tensor& tensor) {
  return static_cast<int64_t>(tensor.dtype().itemsize());
}

class Converter {
 public:
  void check(const State& state) { count_users(state, ""); }

  ArchiveValue convert(const State& state) {
    count_users(state, "");
    return value_of(state);
  }

 private:
  struct Users {
    int count = 0;
    bool same_type = true;
    at::ScalarType type = at::kFloat;
  };

  static const void* storage_of(const at::Tensor& tensor) {
    return tensor.storage().unsafeGetStorageImpl();
  }

  void count_users(const State& state, const std::string& path);
  bool keeps_storage(const at::Tensor& tensor) const;
  ArchiveValue value_of(const State& state);
  ArchiveValue::Dict dict_of(const State& state);
  ArchiveTensor tensor_of(const at::Tensor& tensor);

  std::unordered_map<const void*, Users> users_;
  std::unordered_map<const void*, ArchiveStorage> kept_;
};

// Refers to the bytes of a tensor on the host, and keeps them.
ArchiveStorage bytes_of(const at::Tensor& host) {
  auto owner = std::make_shared<at::Tensor>(host);
  return std::make_shared<ArchiveBytes>(ArchiveBytes{
      static_cast<const char*>(host.data_ptr()), host.nbytes(), owner});
}

void Converter::count_users(const State& state, const std::string& path) {
  if (state.is_list()) {
    for (std::size_t i = 0; i < state.size(); ++i) {
      count_users(state.as_list()[i], below(path, std::to_string(i)));
    }
  } else if (state.is_dict()) {
    for (const auto& [key, item] : state.as_dict()) {
      count_users(item, below(path, key.to_string()));
    }
  } else if (state.is_tensor()) {
    const at::Tensor& tensor = state.as_tensor();
    require_savable(tensor, path);
    Users& users = users_[storage_of(tensor)];
    if (users.count++ == 0) users.type = tensor.scalar_type();
    if (users.type != tensor.scalar_type()) users.same_type = false;
  } else if (state.is_foreign()) {
    throw UsageError(fmt::format("'{}' cannot be saved: {}",
                                 path.empty() ? "/" : path, state.describe()));
  }
}

// Whether the file gets the storage as it is, or the tensor's own elements.
bool Converter::keeps_storage(const at::Tensor& tensor) const {
  if (tensor.is_conj() || tensor.is_neg()) return false;
  const Users& users = users_.at(storage_of(tensor));
  if (!users.same_type) return false;  // Python has no file for that
  auto storage = static_cast<int64_t>(tensor.storage().nbytes());
  if (storage % element_bytes(tensor) != 0) return false;
  bool all_of_it =
      tensor.numel() > 0 && storage / element_bytes(tensor) <= tensor.numel();
  return users.count > 1 || all_of_it;
}

ArchiveValue Converter::value_of(const State& state) {
  if (state.is_bool()) return {state.as_bool()};
  if (state.is_integer()) return {state.as_integer()};
  if (state.is_real()) return {state.as_real()};
  if (state.is_text()) return {state.as_text()};
  if (state.is_tensor()) return {tensor_of(state.as_tensor())};
  if (state.is_dict()) return {dict_of(state)};
  if (state.is_null()) return {};
  ArchiveValue::List list;
  list.reserve(state.size());
  for (const State& item : state.as_list()) list.push_back(value_of(item));
  return {std::move(list)};
}

ArchiveValue::Dict Converter::dict_of(const State& state) {
  ArchiveValue::Dict dict;
  dict.reserve(state.size());
  for (const auto& [key, item] : state.as_dict()) {
    if (key.is_text()) {
      dict.emplace_back(key.text(), value_of(item));
    } else {
      dict.emplace_back(key.integer(), value_of(item));
    }
  }
  return dict;
}

ArchiveTensor Converter::tensor_of(const at::Tensor& tensor) {
  ElementType type = *element_type_of(tensor.scalar_type());
  if (keeps_storage(tensor)) {
    auto [kept, added] = kept_.try_emplace(storage_of(tensor));
    if (added) kept->second = bytes_of(storage_bytes(tensor));
    return {type, tensor.sizes().vec(), tensor.strides().vec(),
            tensor.storage_offset(), kept->second};
  }
  at::Tensor host = to_host(tensor);
  return {type, host.sizes().vec(), host.strides().vec(), 0, bytes_of(host)};
}

}  // namespace

void check_savable(const State& state) { Converter().check(state); }

ArchiveValue to_archive(const State& state) {
  return Converter().convert(state);
}

}  // namespace thexp
