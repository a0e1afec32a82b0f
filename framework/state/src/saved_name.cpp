#include "saved_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kEpochName = "epoch-";
constexpr std::size_t kMaxDigits = 18;  // of a number in a file's name

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= kMaxDigits &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

// -1 for a model's name.
int64_t epoch_of(const std::string& name) {
  if (!starts_with(name, kEpochName)) return -1;
  std::string digits = name.substr(kEpochName.size());
  if (!is_number(digits)) return -1;
  int64_t epoch = std::stoll(digits);
  return name_of_epoch(epoch) == name ? epoch : -1;
}

}  // namespace

std::string name_of_epoch(int64_t epoch) {
  if (epoch < 0) {
    throw UsageError(fmt::format("epoch {} is negative", epoch));
  }
  return fmt::format("{}{}", kEpochName, epoch);
}

bool is_model_name(const std::string& name) {
  return !name.empty() && name[0] != '.' && name.size() <= 128 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' ||
                  c == '=';
         });
}

void require_model_name(const std::string& name) {
  if (is_model_name(name) && !starts_with(name, "model-")) return;
  throw UsageError(fmt::format(
      "'{}' cannot be a model's name: it needs letters, digits, '.', '_', '-' "
      "or '=', and starts with neither '.' nor 'model-'",
      name));
}

std::string saved_prefix(const std::string& kind, int64_t sequence) {
  return fmt::format("{}-{:06d}-", kind, sequence);
}

std::optional<SavedFile> parse_saved_name(const fs::path& folder,
                                          const std::string& kind,
                                          const std::string& file_name) {
  std::string start = kind + "-";
  bool fits = starts_with(file_name, start) &&
              ends_with(file_name, kPayloadEnd) &&
              file_name.size() > start.size() + kPayloadEnd.size();
  if (!fits) return std::nullopt;
  std::string stem = file_name.substr(
      start.size(), file_name.size() - start.size() - kPayloadEnd.size());
  std::size_t dash = std::min(stem.find('-'), stem.size());
  if (!is_number(stem.substr(0, dash))) return std::nullopt;
  SavedFile file;
  file.path = folder / file_name;
  file.sequence = std::stoll(stem);
  std::string prefix = saved_prefix(kind, file.sequence);
  if (!starts_with(file_name, prefix)) return std::nullopt;
  file.name = file_name.substr(
      prefix.size(), file_name.size() - prefix.size() - kPayloadEnd.size());
  file.epoch = epoch_of(file.name);
  bool is_named = kind == "model" && is_model_name(file.name);
  if (file.epoch < 0 && !is_named) return std::nullopt;
  return file;
}

}  // namespace thexp
