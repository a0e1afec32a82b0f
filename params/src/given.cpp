#include "given.h"

#include <fmt/format.h>

#include "thexp/base/columns.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "yaml_write.h"

namespace thexp {
namespace {

constexpr std::size_t kMostColumns = 60;
constexpr std::size_t kMostItems = 8;

std::string shown_scalar(const Given& given) {
  if (!given.text.empty()) return given.text;
  if (given.value.is_text()) return given.value.to_json();
  if (given.value.is_list()) return "[...]";
  if (given.value.is_dict()) return "{...}";
  return to_yaml_line(given.value);
}

std::string shown_items(const Given& given) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < given.items.size(); ++i) {
    if (i == kMostItems) {
      parts.push_back("...");
      break;
    }
    std::string key = given.keys.empty() ? "" : given.keys[i].name + ": ";
    parts.push_back(key + shown_scalar(given.items[i]));
  }
  return join(parts, ", ");
}

Value without_content(const Value& value) {
  if (value.is_list()) return Value::List();
  if (value.is_dict()) return Value::Dict();
  return value;
}

}  // namespace

Given Given::from_value(const Value& value, const std::string& where) {
  Given given{without_content(value), "", where, "", {}, {}};
  if (value.is_list()) {
    for (const Value& item : value.as_list()) {
      given.items.push_back(from_value(item, where));
    }
  }
  if (value.is_dict()) {
    for (const auto& [key, item] : value.as_dict()) {
      given.keys.push_back({key, where});
      given.items.push_back(from_value(item, where));
    }
  }
  return given;
}

void Given::name_after(const std::string& key) {
  where += ": " + key;
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].name_after(fmt::format("{}[{}]", key, i));
  }
}

std::string Given::shown() const {
  std::string whole = shown_scalar(*this);
  if (value.is_list()) whole = "[" + shown_items(*this) + "]";
  if (value.is_dict()) whole = "{" + shown_items(*this) + "}";
  return fit_width(whole, kMostColumns);
}

std::string Given::typed(const std::string& yaml) const {
  return flag.empty() ? yaml : flag + "=" + shell_word(yaml);
}

}  // namespace thexp
