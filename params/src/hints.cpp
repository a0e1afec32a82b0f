#include "hints.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "thexp/base/text.h"
#include "yaml_scalar.h"
#include "yaml_write.h"

namespace thexp {
namespace {

using Words = std::vector<std::string>;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

bool is_one_of(const std::string& text, const Words& words) {
  std::string word = lower(text);
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The digits alone, all of them, as an integer that is not too large.
std::optional<int64_t> integer_of(std::string_view digits, int base) {
  int64_t value = 0;
  const char* last = digits.data() + digits.size();
  auto [end, error] = std::from_chars(digits.data(), last, value, base);
  bool whole = error == std::errc() && end == last && digits[0] != '-';
  return whole ? std::optional<int64_t>(value) : std::nullopt;
}

// 0x1F, 0o17, 0b101.
std::optional<int64_t> prefixed(const std::string& text) {
  if (text.size() < 3 || text[0] != '0') return std::nullopt;
  std::string digits = text.substr(2);
  switch (text[1]) {
    case 'x':
    case 'X':
      return integer_of(digits, 16);
    case 'o':
    case 'O':
      return integer_of(digits, 8);
    case 'b':
    case 'B':
      return integer_of(digits, 2);
    default:
      return std::nullopt;
  }
}

// 12:30, which YAML 1.1 reads in base 60: a time in the smaller unit.
std::optional<int64_t> sixties(const std::string& text) {
  constexpr int64_t kMost = int64_t{1} << 40;
  Words parts = split(text, ':');
  if (parts.size() < 2) return std::nullopt;
  int64_t sum = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::optional<int64_t> part = integer_of(parts[i], 10);
    if (!part || sum > kMost || (i > 0 && *part >= 60)) return std::nullopt;
    sum = sum * 60 + *part;
  }
  return sum;
}

std::string without_leading_zeros(const std::string& text) {
  std::size_t start = 0;
  while (start + 1 < text.size() && text[start] == '0' &&
         std::isdigit(static_cast<unsigned char>(text[start + 1])) != 0) {
    ++start;
  }
  return text.substr(start);
}

// The number that another notation may stand for; text when it is none.
Value number_of(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
  std::string sign = !text.empty() && text[0] == '-' ? "-" : "";
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.erase(0, 1);
  std::optional<int64_t> integer = prefixed(text);
  if (!integer) integer = sixties(text);
  if (integer) return sign.empty() ? *integer : -*integer;
  return resolve_plain_scalar(sign + without_leading_zeros(text));
}

// "0,05", unless it may as well have been thousands.
Value number_with_comma(const std::string& text) {
  std::size_t comma = text.find(',');
  bool one = comma != std::string::npos &&
             text.find(',', comma + 1) == std::string::npos;
  bool thousands = one && text.size() - comma == 4 && !starts_with(text, "0,");
  if (!one || thousands) return text;
  return number_of(text.substr(0, comma) + "." + text.substr(comma + 1));
}

std::string bool_meant(const Given& given) {
  std::string text = given.value.is_text() ? given.value.as_text() : given.text;
  if (given.value.is_integer()) text = given.value.to_json();
  if (is_one_of(text, {"true", "yes", "on", "y", "t", "1"})) return "true";
  if (is_one_of(text, {"false", "no", "off", "n", "f", "0"})) return "false";
  return "";
}

std::string integer_meant(const Given& given) {
  Value number = given.value;
  if (number.is_text()) number = number_of(number.as_text());
  if (number.is_integer()) return number.to_json();
  if (!number.is_real()) return "";
  double real = number.as_real();
  bool whole = std::abs(real) < 1e15 && real == std::floor(real);
  return whole ? std::to_string(static_cast<int64_t>(real)) : "";
}

std::string real_meant(const Given& given) {
  if (!given.value.is_text()) return "";
  Value number = number_of(given.value.as_text());
  if (!number.is_number()) number = number_with_comma(given.value.as_text());
  return number.is_number() ? to_yaml_line(number) : "";
}

std::string text_meant(const Given& given) {
  const Value& value = given.value;
  if (value.is_null() || value.is_list() || value.is_dict()) return "";
  return "\"" + (given.text.empty() ? to_yaml_line(value) : given.text) + "\"";
}

std::string scalar_meant(const Given& given, ParamKind kind) {
  switch (kind) {
    case ParamKind::kBool:
      return bool_meant(given);
    case ParamKind::kInteger:
      return integer_meant(given);
    case ParamKind::kReal:
      return real_meant(given);
    case ParamKind::kText:
    case ParamKind::kPath:
      break;
  }
  return text_meant(given);
}

bool fits(const Value& value, ParamKind kind) {
  switch (kind) {
    case ParamKind::kBool:
      return value.is_bool();
    case ParamKind::kInteger:
      return value.is_integer();
    case ParamKind::kReal:
      return value.is_number();
    case ParamKind::kText:
    case ParamKind::kPath:
      break;
  }
  return value.is_text();
}

std::string item_meant(const Given& item, ParamKind kind) {
  if (fits(item.value, kind)) return to_yaml_line(item.value);
  return scalar_meant(item, kind);
}

// "30,60", "(30, 60)", and for numbers "30 60".
Words words_of(std::string text, ParamKind kind) {
  bool tuple = starts_with(text, "(") && ends_with(text, ")");
  if (tuple) text = text.substr(1, text.size() - 2);
  bool numbers = kind == ParamKind::kInteger || kind == ParamKind::kReal;
  if (numbers) {
    bool spaced = text.find(',') == std::string::npos;
    if (spaced) std::replace(text.begin(), text.end(), ' ', ',');
  }
  Words words;
  for (const std::string& word : split(text, ',')) {
    if (!trim(word).empty()) words.push_back(trim(word));
  }
  return words;
}

std::string list_meant(const Given& given, ParamKind kind) {
  const Value& value = given.value;
  if (value.is_null()) return "[]";
  if (value.is_list() || value.is_dict()) return "";
  std::vector<Given> items = {given};
  if (value.is_text()) {
    items.clear();
    for (const std::string& word : words_of(value.as_text(), kind)) {
      Value item = resolve_plain_scalar(word);
      items.push_back({item, item.is_text() ? "" : word, "", "", {}, {}});
    }
  }
  Words meant;
  for (const Given& item : items) {
    meant.push_back(item_meant(item, kind));
    if (meant.back().empty()) return "";
  }
  return "[" + join(meant, ", ") + "]";
}

}  // namespace

std::string meant_by(const Given& given, const ParamType& type) {
  bool no_value = given.value.is_text() &&
                  is_one_of(given.value.as_text(), {"", "none", "null", "nil"});
  if (no_value && type.optional) return "null";
  return type.list ? list_meant(given, type.kind)
                   : scalar_meant(given, type.kind);
}

std::string choice_meant(const std::string& text,
                         const std::vector<std::string>& choices) {
  for (const std::string& choice : choices) {
    if (lower(choice) == lower(text)) return choice;
  }
  return closest_match(text, choices);
}

}  // namespace thexp
