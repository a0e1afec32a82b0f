#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "little_endian.h"
#include "safetensors_header.h"
#include "thexp/archive/elements.h"
#include "thexp/base/error.h"
#include "thexp/base/utf8.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

using Sink = std::function<void(const void* data, std::size_t bytes)>;
using Named = std::pair<std::string, ArchiveTensor>;

constexpr std::size_t kAlignment = 8;  // of the first tensor's bytes

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw UsageError(
      fmt::format("'{}' cannot be saved as safetensors: {}", name, what));
}

void require_writable(const std::string& name, const ArchiveTensor& tensor) {
  if (!is_utf8(name)) refuse(name, "the name is not valid UTF-8");
  if (name == kSafetensorsMetadata) refuse(name, "the name is reserved");
  if (safetensors_name(tensor.type) == nullptr) {
    refuse(name,
           fmt::format("the format has no {}", info_of(tensor.type).name));
  }
  auto held =
      static_cast<int64_t>(tensor.storage->size / info_of(tensor.type).bytes);
  int64_t needed = storage_reach(tensor);
  if (needed < 0 || needed > held) {
    refuse(name, describe(tensor) + " reaches beyond its storage's end");
  }
  if (repeats_too_often(tensor)) {
    refuse(name, describe(tensor) + " repeats its elements too often");
  }
}

std::vector<const Named*> in_file_order(const Safetensors& content) {
  std::vector<const Named*> order;
  std::set<std::string> names;
  for (const Named& named : content.tensors) {
    require_writable(named.first, named.second);
    if (!names.insert(named.first).second) {
      refuse(named.first, "the name is there twice");
    }
    order.push_back(&named);
  }
  std::sort(order.begin(), order.end(), [](const Named* a, const Named* b) {
    std::size_t wide = info_of(a->second.type).bytes;
    std::size_t other = info_of(b->second.type).bytes;
    return wide != other ? wide > other : a->first < b->first;
  });
  return order;
}

Value metadata_value(const Safetensors& content) {
  Value metadata = Value::Dict{};
  for (const auto& [key, text] : content.metadata) {
    if (!is_utf8(key) || !is_utf8(text)) {
      refuse(kSafetensorsMetadata, "its text is not valid UTF-8");
    }
    if (metadata.find(key) != nullptr) {
      refuse(kSafetensorsMetadata, "the key '" + key + "' is there twice");
    }
    metadata[key] = text;
  }
  return metadata;
}

std::string header_of(const Safetensors& content,
                      const std::vector<const Named*>& order) {
  Value::Dict header;
  if (!content.metadata.empty()) {
    header.emplace_back(kSafetensorsMetadata, metadata_value(content));
  }
  int64_t at = 0;
  for (const Named* named : order) {
    const ArchiveTensor& tensor = named->second;
    auto bytes = static_cast<int64_t>(ElementReader(tensor).bytes_left());
    header.emplace_back(
        named->first,
        Value::Dict{
            {"dtype", safetensors_name(tensor.type)},
            {"shape", Value::List(tensor.sizes.begin(), tensor.sizes.end())},
            {"data_offsets", Value::List{at, at + bytes}}});
    at += bytes;
  }
  std::string json = Value(std::move(header)).to_json();
  json.append((kAlignment - json.size() % kAlignment) % kAlignment, ' ');
  return json;
}

void write_elements(const ArchiveTensor& tensor, const Sink& sink) {
  ElementReader elements(tensor);
  if (const char* data = contiguous_data(tensor)) {
    return sink(data, static_cast<std::size_t>(elements.bytes_left()));
  }
  std::size_t item = info_of(tensor.type).bytes;
  std::vector<char> buffer(static_cast<std::size_t>(
      std::min<uint64_t>(elements.bytes_left(), 1 << 18)));
  while (std::size_t count =
             elements.read(buffer.data(), buffer.size() / item)) {
    sink(buffer.data(), count * item);
  }
}

void write(const Safetensors& content, const Sink& sink) {
  std::vector<const Named*> order = in_file_order(content);
  std::string header = header_of(content, order);
  if (header.size() > kMaxSafetensorsHeader) {
    throw UsageError(fmt::format(
        "a safetensors header of {} bytes; {} are the limit: fewer tensors or "
        "shorter names are needed",
        header.size(), kMaxSafetensorsHeader));
  }
  std::string start;
  put_little(start, header.size(), 8);
  start += header;
  sink(start.data(), start.size());
  for (const Named* named : order) write_elements(named->second, sink);
}

}  // namespace

void write_safetensors(const fs::path& path, const Safetensors& content) {
  AtomicFile file(path);
  write(content,
        [&](const void* data, std::size_t bytes) { file.write(data, bytes); });
  file.commit();
}

std::string write_safetensors_bytes(const Safetensors& content) {
  std::string out;
  write(content, [&](const void* data, std::size_t bytes) {
    out.append(static_cast<const char*>(data), bytes);
  });
  return out;
}

}  // namespace thexp
