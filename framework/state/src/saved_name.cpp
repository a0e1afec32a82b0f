#include "saved_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

using Unit = SavePoint::Unit;

const char* unit_name(Unit unit) {
  return unit == Unit::kEpoch ? "epoch" : "step";
}

constexpr std::size_t kMaxDigits = 18;  // of a number in a file's name

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= kMaxDigits &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Nothing for a model's name.
std::optional<SavePoint> point_called(const std::string& name) {
  std::string digits = name.substr(name.find('-') + 1);
  if (!is_number(digits)) return std::nullopt;
  int64_t number = std::stoll(digits);
  for (SavePoint point : {SavePoint(number), SavePoint::step(number)}) {
    if (point.name() == name) return point;
  }
  return std::nullopt;
}

}  // namespace

std::string SavePoint::name() const {
  if (number < 0) {
    throw UsageError(fmt::format("{} {} is negative", unit_name(unit), number));
  }
  return fmt::format("{}-{}", unit_name(unit), number);
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
  file.point = point_called(file.name);
  bool is_named = kind == "model" && is_model_name(file.name);
  if (!file.point && !is_named) return std::nullopt;
  return file;
}

}  // namespace thexp
