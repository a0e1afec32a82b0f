#include "yaml_scalar.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>

#include "thexp/base/number.h"

namespace thexp {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::string_view skip_sign(std::string_view text) {
  bool sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  return text.substr(sign ? 1 : 0);
}

// Removes the digits at the front and returns how many there were.
std::size_t skip_digits(std::string_view& text) {
  std::size_t end = text.find_first_not_of(kDigits);
  if (end == std::string_view::npos) end = text.size();
  text.remove_prefix(end);
  return end;
}

std::optional<double> special_real(std::string_view text) {
  std::string_view word = skip_sign(text);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (word == ".inf" || word == ".Inf" || word == ".INF") {
    return text[0] == '-' ? -kInfinity : kInfinity;
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return std::nullopt;
}

// std::from_chars knows no '+' in front.
std::string_view without_plus(std::string_view text) {
  return text.substr(text[0] == '+' ? 1 : 0);
}

Value parse_integer(std::string_view text) {
  int64_t value = 0;
  std::string_view digits = without_plus(text);
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? Value(value) : Value(text);
}

Value parse_real(std::string_view text) {
  double value = 0;
  std::string_view digits = without_plus(text);
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
  bool lost = error != std::errc() || (value == 0 && !is_zero_written(text));
  return lost ? Value(text) : Value(value);
}

}  // namespace

bool has_leading_zero(std::string_view number) {
  std::string_view digits = skip_sign(number);
  return digits.size() > 1 && digits[0] == '0' &&
         kDigits.find(digits[1]) != std::string_view::npos;
}

bool looks_like_integer(std::string_view text) {
  text = skip_sign(text);
  return skip_digits(text) > 0 && text.empty();
}

bool looks_like_number(std::string_view text) {
  text = skip_sign(text);
  std::size_t digits = skip_digits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    digits += skip_digits(text);
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  return looks_like_integer(text.substr(1));
}

Value resolve_plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  if (looks_like_integer(text)) {
    return has_leading_zero(text) ? Value(text) : parse_integer(text);
  }
  if (looks_like_number(text)) return parse_real(text);
  if (auto real = special_real(text)) return *real;
  return text;
}

}  // namespace thexp
