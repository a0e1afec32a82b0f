#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "thexp/archive/element_type.h"
#include "thexp/archive/foreign_object.h"

namespace thexp {

/// Bytes that tensors lie in: `owner` keeps them alive. Tensors that share one
/// ArchiveBytes share it in a .pt file too.
struct ArchiveBytes {
  const char* data = nullptr;
  std::size_t size = 0;
  std::shared_ptr<const void> owner;
};

using ArchiveStorage = std::shared_ptr<const ArchiveBytes>;

/// A view of a storage, without LibTorch. All counts are in elements.
struct ArchiveTensor {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;  ///< as many as sizes, none negative
  int64_t offset = 0;            ///< of the first element
  ArchiveStorage storage;
};

/// What a checkpoint holds: null, bool, integer, real, text, tensor, list, an
/// ordered dict with text or integer keys, or a foreign object in the place of
/// what is none of these. thexp::State, less LibTorch.
///
///     ArchiveValue tree = read_pt("model.pt");
///     if (const auto* dict = tree.get<ArchiveValue::Dict>()) …
// Why this and Value are not one template: see value.h.
struct ArchiveValue {
  using Key = std::variant<std::string, int64_t>;
  using List = std::vector<ArchiveValue>;
  using Entry = std::pair<Key, ArchiveValue>;
  using Dict = std::vector<Entry>;
  using Data = std::variant<std::monostate,
                            bool,
                            int64_t,
                            double,
                            std::string,
                            ArchiveTensor,
                            List,
                            Dict,
                            std::shared_ptr<const ForeignObject>>;

  ArchiveValue() = default;
  ArchiveValue(Data value) : data(std::move(value)) {}
  ArchiveValue(const ArchiveValue& other);
  ArchiveValue(ArchiveValue&& other) noexcept;
  ArchiveValue& operator=(const ArchiveValue& other);
  ArchiveValue& operator=(ArchiveValue&& other) noexcept;
  ~ArchiveValue();

  /// The content when it is a T, else nullptr.
  template <typename T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
  bool is_null() const { return get<std::monostate>() != nullptr; }

  /// What stands for something that is not plain data, else nullptr.
  const ForeignObject* foreign() const {
    const auto* object = get<std::shared_ptr<const ForeignObject>>();
    return object == nullptr ? nullptr : object->get();
  }

  Data data;
};

/// The text, or the integer in decimal.
std::string key_text(const ArchiveValue::Key& key);

/// "float32 [3, 4]"
std::string describe(const ArchiveTensor& tensor);

/// The number of the tensor's elements. @throws FormatError when it, or the
/// bytes that they take, does not fit into 63 bits.
int64_t element_count(const ArchiveTensor& tensor);

/// Elements of the storage from its start that the tensor reaches (0 for an
/// empty tensor), or -1 when that, or the bytes of all elements, does not fit
/// into 63 bits.
int64_t storage_reach(const ArchiveTensor& tensor);

/// Whether the elements lie in row-major order without gaps.
bool is_contiguous(const ArchiveTensor& tensor);

/// The strides of row-major order.
std::vector<int64_t> contiguous_strides(const std::vector<int64_t>& sizes);

/// Memory for `bytes` bytes, aligned to 64.
using AllocateBytes = std::function<std::shared_ptr<void>(std::size_t bytes)>;
std::shared_ptr<void> allocate_bytes(std::size_t bytes);

}  // namespace thexp
