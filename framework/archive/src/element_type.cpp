#include "thexp/archive/element_type.h"

namespace thexp {
namespace {

// In the order of the enumeration.
constexpr ElementInfo kInfos[kElementTypes] = {
    {"uint8", "ByteStorage", 1},
    {"int8", "CharStorage", 1},
    {"int16", "ShortStorage", 2},
    {"int32", "IntStorage", 4},
    {"int64", "LongStorage", 8},
    {"float16", "HalfStorage", 2},
    {"float32", "FloatStorage", 4},
    {"float64", "DoubleStorage", 8},
    {"complex64", "ComplexFloatStorage", 8},
    {"complex128", "ComplexDoubleStorage", 16},
    {"bool", "BoolStorage", 1},
    {"bfloat16", "BFloat16Storage", 2},
};

std::optional<ElementType> lookup(std::string_view text,
                                  const char* ElementInfo::*field) {
  for (std::size_t i = 0; i < kElementTypes; ++i) {
    if (text == kInfos[i].*field) return static_cast<ElementType>(i);
  }
  return std::nullopt;
}

}  // namespace

const ElementInfo& info_of(ElementType type) {
  return kInfos[static_cast<std::size_t>(type)];
}

std::optional<ElementType> element_type_of_storage(std::string_view storage) {
  return lookup(storage, &ElementInfo::storage);
}

std::optional<ElementType> element_type_of_name(std::string_view name) {
  return lookup(name, &ElementInfo::name);
}

}  // namespace thexp
