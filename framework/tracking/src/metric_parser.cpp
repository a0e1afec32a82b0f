#include "metric_parser.h"

#include <charconv>
#include <cmath>

#include "thexp/base/text.h"

namespace thexp {
namespace {

bool take(std::string_view& rest, std::string_view expected) {
  if (!starts_with(rest, expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

template <typename T>
bool take_number(std::string_view& rest, T& value) {
  const char* end = rest.data() + rest.size();
  auto [stop, error] = std::from_chars(rest.data(), end, value);
  if (error != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  return true;
}

// Longer integers may be too large for JSON's reader.
constexpr std::size_t kLongest = 18;

bool is_short_or_real(std::string_view digits) {
  return digits.size() <= kLongest ||
         digits.find_first_of(".eE") != std::string_view::npos;
}

// In JSON "-0" is a real number, and "01" is an error.
bool take_count(std::string_view& rest, int64_t& value) {
  bool has_sign = starts_with(rest, "-");
  bool has_zero = starts_with(rest, "0") && rest.size() > 1 && rest[1] >= '0' &&
                  rest[1] <= '9';
  return !has_sign && !has_zero && take_number(rest, value);
}

// JSON refuses "inf", "01", ".5" and "1."; the type of "-0" is for its reader
// to say.
bool is_plain_number(std::string_view digits) {
  if (starts_with(digits, "-")) digits.remove_prefix(1);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return false;
  if (digits.back() < '0' || digits.back() > '9') return false;
  std::size_t dot = digits.find('.');
  bool has_digit_behind = dot == std::string_view::npos ||
                          (dot + 1 < digits.size() && digits[dot + 1] >= '0' &&
                           digits[dot + 1] <= '9');
  bool has_no_zero = digits[0] != '0' || digits.size() == 1 ||
                     digits[1] == '.' || digits[1] == 'e';
  return has_digit_behind && has_no_zero;
}

// Up to the quote; not where an escape, a control character or a byte that is
// not ASCII stands, which has to be valid UTF-8.
bool take_tag(std::string_view& rest, std::string_view& tag) {
  std::size_t end = 0;
  for (; end < rest.size() && rest[end] != '"'; ++end) {
    auto byte = static_cast<unsigned char>(rest[end]);
    if (byte < 0x20 || byte >= 0x7F || byte == '\\') return false;
  }
  if (end == rest.size()) return false;
  tag = rest.substr(0, end);
  rest.remove_prefix(end);
  return true;
}

bool take_value(std::string_view& rest, double& value) {
  std::string_view start = rest;
  if (!take_number(rest, value)) return false;
  std::string_view digits = start.substr(0, start.size() - rest.size());
  // Of one that is too small for a double JSON's reader tells.
  return is_plain_number(digits) && is_short_or_real(digits) &&
         std::isfinite(value) &&
         (value != 0 || digits == "0.0" || digits == "0" || digits == "-0.0");
}

}  // namespace

std::optional<MetricLine> parse_metric_line(std::string_view line) {
  MetricLine found;
  std::string_view rest = line;
  bool fits = take(rest, "{\"step\":") && take_count(rest, found.point.step) &&
              take(rest, ",\"epoch\":") &&
              take_count(rest, found.point.epoch) &&
              take(rest, ",\"tag\":\"") && take_tag(rest, found.tag) &&
              take(rest, "\",\"value\":") &&
              take_value(rest, found.point.value) && rest == "}";
  return fits ? std::optional(found) : std::nullopt;
}

}  // namespace thexp
