#include "convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "thexp/base/text.h"
#include "thexp/base/utf8.h"
#include "thexp/params/param_error.h"
#include "yaml_scalar.h"
#include "yaml_write.h"

namespace thexp {
namespace {

[[noreturn]] void wrong(const Given& given,
                        const ParamType& type,
                        const std::string& hint = "") {
  throw ParamError::wrong_type(given.where, given.shown(), type.describe(),
                               hint);
}

std::string write_hint(std::string_view what) {
  return fmt::format("write {}", what);
}

Value to_bool(const Given& given, const ParamType& type) {
  if (given.value.is_bool()) return given.value;
  wrong(given, type, "write true or false");
}

// What somebody who wrote this text for a number may have meant.
std::string number_hint(const Given& given) {
  if (!given.value.is_text()) return "";
  const std::string& text = given.value.as_text();
  std::string plain = text;
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  if (plain != text && looks_like_number(plain)) return write_hint(plain);
  if (!resolve_plain_scalar(text).is_text()) {
    return looks_like_number(text) ? "write it without quotes" : "";
  }
  if (!looks_like_integer(text)) return "";
  return "write it without leading zeros";
}

bool is_too_large(const Given& given) {
  if (!given.value.is_text()) return false;
  const std::string& text = given.value.as_text();
  if (!looks_like_number(text)) return false;
  std::string_view digits = text;
  digits.remove_prefix(digits[0] == '-' || digits[0] == '+' ? 1 : 0);
  bool zero = digits.size() > 1 && digits[0] == '0';
  return !zero && resolve_plain_scalar(text).is_text();
}

// The integer that a real such as 1e3 stands for, as a hint.
std::string integer_hint(const Given& given) {
  if (!given.value.is_real()) return number_hint(given);
  double real = given.value.as_real();
  bool whole = std::abs(real) < 1e15 && real == std::floor(real);
  return whole ? write_hint(fmt::format("{:.0f}", real)) : "";
}

Value to_integer(const Given& given, const ParamType& type) {
  if (is_too_large(given) && looks_like_integer(given.value.as_text())) {
    throw ParamError::out_of_range(given.where, given.value.as_text(),
                                   "an integer of 64 bits");
  }
  if (!given.value.is_integer()) wrong(given, type, integer_hint(given));
  using Limits = std::numeric_limits<int>;
  int64_t value = given.value.as_integer();
  if (type.narrow && (value < Limits::min() || value > Limits::max())) {
    throw ParamError::out_of_range(
        given.where, given.shown(),
        fmt::format("between {} and {}", Limits::min(), Limits::max()));
  }
  return value;
}

Value to_real(const Given& given, const ParamType& type) {
  if (std::optional<double> real = given.value.to_real()) return *real;
  if (is_too_large(given)) {
    // An integer of more than 64 bits is a real all the same.
    Value real = resolve_plain_scalar(given.value.as_text() + ".0");
    if (real.is_real()) return real;
    throw ParamError::out_of_range(given.where, given.value.as_text(),
                                   "a real number below 1.8e308 in size");
  }
  wrong(given, type, number_hint(given));
}

// The text that a value which is none may have been meant as.
std::string text_hint(const Given& given) {
  if (given.value.is_list() || given.value.is_dict()) return "";
  if (given.value.is_null()) return "write \"\", or \"null\" for that word";
  return write_hint("\"" + given.shown() + "\"");
}

Value to_text(const Given& given, const ParamType& type) {
  if (!given.value.is_text()) wrong(given, type, text_hint(given));
  std::size_t bad = find_invalid_utf8(given.value.as_text());
  if (bad != std::string::npos) {
    throw ParamError::malformed(
        given.where, fmt::format("byte {} of the text is not UTF-8", bad + 1));
  }
  return given.value;
}

Value to_scalar(const Given& given, const ParamType& type) {
  switch (type.kind) {
    case ParamKind::kBool:
      return to_bool(given, type);
    case ParamKind::kInteger:
      return to_integer(given, type);
    case ParamKind::kReal:
      return to_real(given, type);
    case ParamKind::kText:
      break;
  }
  return to_text(given, type);
}

Value to_list(const Given& given, const ParamType& type) {
  if (!given.value.is_list()) {
    bool item = !given.value.is_dict() && !given.value.is_null();
    wrong(given, type, item ? write_hint("[" + given.shown() + "]") : "");
  }
  ParamType item_type = type;
  item_type.list = item_type.optional = false;
  Value::List list;
  for (const Given& item : given.items) {
    list.push_back(to_scalar(item, item_type));
  }
  return list;
}

}  // namespace

Value convert(const Given& given, const ParamType& type) {
  if (given.value.is_null() && type.optional) return nullptr;
  return type.list ? to_list(given, type) : to_scalar(given, type);
}

void require_accepted(const Constraint& constraint,
                      const Value& value,
                      const std::string& where,
                      const std::string& shown) {
  if (constraint.accepts(value)) return;
  if (value.is_number()) {
    throw ParamError::out_of_range(where, shown, constraint.rule());
  }
  std::string meant = value.is_text()
                          ? closest_match(value.as_text(), constraint.choices())
                          : "";
  throw ParamError::not_allowed(where, shown, constraint.rule(), meant);
}

}  // namespace thexp
