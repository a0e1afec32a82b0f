#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace thexp {

/// The element types that a .pt file of ours can hold, without LibTorch.
enum class ElementType {
  kUInt8,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat16,
  kFloat32,
  kFloat64,
  kComplex64,
  kComplex128,
  kBool,
  kBFloat16,
};

constexpr std::size_t kElementTypes = 12;

struct ElementInfo {
  const char* name;     ///< Python's dtype: "float32"
  const char* storage;  ///< Python's storage class: "FloatStorage"
  std::size_t bytes;
};

const ElementInfo& info_of(ElementType type);
std::optional<ElementType> element_type_of_storage(std::string_view storage);
std::optional<ElementType> element_type_of_name(std::string_view name);

}  // namespace thexp
