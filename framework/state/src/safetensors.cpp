#include "thexp/state/safetensors.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "archive_tree.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

void require_flat(const State& state) {
  if (!state.is_dict()) {
    throw UsageError(
        fmt::format("a safetensors file holds a dict of tensors, not {}",
                    state.describe()));
  }
  for (const auto& [key, item] : state.as_dict()) {
    if (key.is_text() && item.is_tensor()) continue;
    throw UsageError(fmt::format(
        "'{}' cannot be saved as safetensors: a file of that format holds a "
        "flat dict of tensors, and this is {}{}",
        key.to_string(), item.describe(),
        key.is_text() ? "" : " under an integer key"));
  }
}

// The mapped file may change or vanish; a State's tensors may not.
ArchiveTensor copy_of(const ArchiveTensor& mapped) {
  ArchiveTensor copy = mapped;
  std::size_t bytes = mapped.storage->size;
  std::shared_ptr<void> memory = keep_in_tensors(bytes);
  if (bytes > 0) std::memcpy(memory.get(), mapped.storage->data, bytes);
  copy.storage = std::make_shared<ArchiveBytes>(
      ArchiveBytes{static_cast<const char*>(memory.get()), bytes, memory});
  return copy;
}

}  // namespace

State load_safetensors(const fs::path& path, Safetensors::Metadata* metadata) {
  Safetensors content = read_safetensors(path);
  ArchiveValue::Dict tree;
  for (const auto& [name, tensor] : content.tensors) {
    tree.emplace_back(name, ArchiveValue(copy_of(tensor)));
  }
  if (metadata != nullptr) *metadata = std::move(content.metadata);
  return from_archive({std::move(tree)});
}

void save_safetensors(const fs::path& path,
                      const State& state,
                      const Safetensors::Metadata& metadata) {
  require_flat(state);
  ArchiveValue tree = to_archive(state);
  Safetensors content;
  content.metadata = metadata;
  for (const auto& [key, item] : *tree.get<ArchiveValue::Dict>()) {
    content.tensors.emplace_back(key_text(key), *item.get<ArchiveTensor>());
  }
  write_safetensors(path, content);
}

}  // namespace thexp
