#include <fmt/format.h>

#include <algorithm>

#include "params_access.h"
#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/base/text.h"
#include "thexp/base/utf8.h"
#include "yaml_write.h"

namespace thexp {
namespace {

constexpr std::size_t kMostBytes = 120;

std::string last_part(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

// The last part alone, unless another of the keys ends alike.
std::string short_name(const std::string& key,
                       const std::vector<std::string>& keys) {
  std::string last = last_part(key);
  bool shared = std::any_of(keys.begin(), keys.end(), [&](const auto& other) {
    return other != key && last_part(other) == last;
  });
  return shared ? key : last;
}

std::string value_text(const Value& value) {
  if (value.is_text()) return value.as_text();
  if (value.is_real()) return format_real(value.as_real());
  if (!value.is_list()) return to_yaml_line(value);
  std::vector<std::string> parts;
  for (const Value& item : value.as_list()) parts.push_back(value_text(item));
  return join(parts, ",");
}

bool is_safe(char c) {
  auto byte = static_cast<unsigned char>(c);
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  bool digit = c >= '0' && c <= '9';
  return letter || digit || byte >= 0x80 ||
         std::string_view("._=+,-").find(c) != std::string_view::npos;
}

std::string escape(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_safe(c); }, '_');
  for (char& c : name) {
    if (c != '.' && c != '-') break;
    c = '_';
  }
  return name;
}

// Names that differ only in what is cut stay apart through the hash.
std::string shorten(const std::string& name) {
  if (name.size() <= kMostBytes) return name;
  std::string suffix = "-" + hex64(hash64(name)).substr(0, 8);
  std::string cut = name.substr(0, kMostBytes - suffix.size());
  return cut.substr(0, find_invalid_utf8(cut)) + suffix;
}

}  // namespace

std::string Params::build_exp_name(const std::string& prefix,
                                   const std::vector<std::string>& keys) const {
  std::vector<std::string> parts;
  if (!prefix.empty()) parts.push_back(prefix);
  for (const std::string& key : keys) {
    parts.push_back(short_name(key, keys) + "=" +
                    value_text(entry_at(key).value));
  }
  if (parts.empty()) throw UsageError("build_exp_name: the name is empty");
  return shorten(escape(join(parts, "_")));
}

}  // namespace thexp
