#include "weight_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "thexp/archive/crc32.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "thexp/state/pt.h"
#include "thexp/state/safetensors.h"

namespace thexp {
namespace {

State load_any(const fs::path& path) {
  bool is_safetensors =
      path.extension() == ".safetensors" || begins_as_safetensors(path);
  return is_safetensors ? load_safetensors(path) : load_pt(path);
}

State load_dict(const fs::path& path) {
  try {
    State file = load_any(path);
    if (file.is_dict()) return file;
    throw FormatError::in_file(
        path.string(), "a dict of weights is wanted, not " + file.describe());
  } catch (const Error& error) {
    throw UsageError(fmt::format("--init.from: {}", error.what()));
  }
}

void flatten(const State& state,
             const std::string& name,
             WeightEntries& entries) {
  if (!state.is_dict()) {
    entries.emplace_back(name, state);
    return;
  }
  for (const auto& [key, item] : state.as_dict()) {
    flatten(item, name.empty() ? key.to_string() : name + "." + key.to_string(),
            entries);
  }
}

std::string crc32_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(std::size_t{1} << 20);
  uint32_t crc = 0;
  do {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    crc = crc32_of(buffer.data(), static_cast<std::size_t>(file.gcount()), crc);
  } while (file);
  return fmt::format("{:08x}", crc);
}

}  // namespace

WeightFile::WeightFile(fs::path path) : path_(std::move(path)) {
  State file = load_dict(path_);
  for (const auto& entry : file.as_dict()) nested_ |= entry.second.is_dict();
  flatten(file, "", entries_);
}

std::vector<std::string> WeightFile::names() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.push_back(entry.first);
  return names;
}

bool WeightFile::is_checkpoint() const {
  return nested_ ||
         std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
           return starts_with(entry.first, "thexp.");
         });
}

Value::Dict WeightFile::record() const {
  return {{"file", fs::absolute(path_).lexically_normal().string()},
          {"bytes", static_cast<int64_t>(fs::file_size(path_))},
          {"crc32", crc32_of_file(path_)}};
}

std::string overview(const WeightEntries& entries) {
  std::vector<std::pair<std::string, int64_t>> counts;
  for (const auto& [name, state] : entries) {
    std::string top = name.substr(0, name.find('.'));
    auto found =
        std::find_if(counts.begin(), counts.end(),
                     [&](const auto& entry) { return entry.first == top; });
    if (found == counts.end()) found = counts.insert(found, {top, 0});
    if (state.is_tensor()) ++found->second;
  }
  std::vector<std::string> parts;
  for (const auto& [top, count] : counts) {
    parts.push_back(count == 0
                        ? top
                        : fmt::format("{} ({})", top, plural(count, "tensor")));
  }
  return parts.empty() ? "an empty dict" : list_some(parts);
}

}  // namespace thexp
