#include "element_converter.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "element_number.h"
#include "thexp/archive/elements.h"
#include "thexp/base/error.h"

namespace thexp::cli {
namespace {

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

}  // namespace

ArchiveTensor ElementConverter::convert(const ArchiveTensor& tensor,
                                        const std::string& name) {
  if (!is_real(tensor.type) || tensor.type == type_) return tensor;
  auto known = known_.find(view_key(tensor));
  if (known != known_.end()) return known->second;
  return known_.emplace(view_key(tensor), converted(tensor, name))
      .first->second;
}

ArchiveTensor ElementConverter::converted(const ArchiveTensor& tensor,
                                          const std::string& name) {
  ElementReader reader(tensor);
  std::size_t from = info_of(tensor.type).bytes, to = info_of(type_).bytes;
  auto count = static_cast<std::size_t>(reader.bytes_left() / from);
  if (repeats_too_often(tensor) || !allowance_.take(count * to)) {
    throw UsageError(fmt::format(
        "'{}' cannot be converted: the tensors share their storages, and "
        "would take over {} times the file",
        name, ReadAllowance::kTimes));
  }
  std::shared_ptr<void> memory = allocate_bytes(count * to);
  char* out = static_cast<char*>(memory.get());
  char element[sizeof(double)];
  for (std::size_t i = 0; i < count; ++i, out += to) {
    reader.read(element, 1);
    double value = number_of(tensor.type, element);
    put_number(type_, value, out);
    if (std::isfinite(value) && !std::isfinite(number_of(type_, out))) {
      throw UsageError(
          fmt::format("'{}' has the value {:g}, which {} cannot "
                      "hold",
                      name, value, info_of(type_).name));
    }
  }
  auto storage = std::make_shared<ArchiveBytes>(
      ArchiveBytes{static_cast<const char*>(memory.get()), count * to, memory});
  return {type_, tensor.sizes, contiguous_strides(tensor.sizes), 0, storage};
}

ArchiveValue ElementConverter::convert(const ArchiveValue& value,
                                       const std::string& name) {
  if (const auto* tensor = value.get<ArchiveTensor>()) {
    return {convert(*tensor, name)};
  }
  if (const auto* list = value.get<ArchiveValue::List>()) {
    ArchiveValue::List items;
    for (const ArchiveValue& item : *list) {
      items.push_back(convert(item, below(name, std::to_string(items.size()))));
    }
    return {std::move(items)};
  }
  if (const auto* dict = value.get<ArchiveValue::Dict>()) {
    ArchiveValue::Dict entries;
    for (const auto& [key, item] : *dict) {
      entries.emplace_back(key, convert(item, below(name, key_text(key))));
    }
    return {std::move(entries)};
  }
  return value;
}

}  // namespace thexp::cli
