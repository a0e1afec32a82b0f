#include "convert.h"

#include <fmt/format.h>

#include <limits>
#include <string>

#include "hints.h"
#include "thexp/base/text.h"
#include "thexp/base/utf8.h"
#include "thexp/params/param_error.h"
#include "yaml_scalar.h"

namespace thexp {
namespace {

[[noreturn]] void wrong(const Given& given, const ParamType& type) {
  std::string meant = meant_by(given, type);
  std::string hint = meant.empty() ? "" : "write " + given.typed(meant);
  throw ParamError::wrong_type(given.where, given.shown(), type.describe(),
                               hint);
}

Value to_bool(const Given& given, const ParamType& type) {
  if (given.value.is_bool()) return given.value;
  if (!meant_by(given, type).empty()) wrong(given, type);
  throw ParamError::wrong_type(given.where, given.shown(), type.describe(),
                               "write true or false");
}

// A number that its 64 bits do not hold stays text: see yaml_scalar.h.
bool is_out_of_range(const Given& given) {
  if (!given.value.is_text()) return false;
  const std::string& text = given.value.as_text();
  return looks_like_number(text) && !has_leading_zero(text) &&
         resolve_plain_scalar(text).is_text();
}

Value to_integer(const Given& given, const ParamType& type) {
  if (is_out_of_range(given) && looks_like_integer(given.value.as_text())) {
    throw ParamError::out_of_range(given.where, given.value.as_text(),
                                   "an integer of 64 bits");
  }
  if (!given.value.is_integer()) wrong(given, type);
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
  bool negative_zero = given.value == Value(0) && starts_with(given.text, "-");
  if (negative_zero) return -0.0;
  if (std::optional<double> real = given.value.to_real()) return *real;
  if (is_out_of_range(given)) {
    // An integer of more than 64 bits is a real all the same.
    Value real = resolve_plain_scalar(given.value.as_text() + ".0");
    if (real.is_real()) return real;
    throw ParamError::out_of_range(
        given.where, given.value.as_text(),
        "0 or a real number from 4.9e-324 to 1.8e308 in size");
  }
  wrong(given, type);
}

Value to_text(const Given& given, const ParamType& type) {
  if (given.value.is_null()) {
    throw ParamError::wrong_type(given.where, given.shown(), type.describe(),
                                 "write \"\", or \"null\" for that word");
  }
  if (!given.value.is_text()) wrong(given, type);
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
    case ParamKind::kPath:
      break;
  }
  return to_text(given, type);
}

Value to_list(const Given& given, const ParamType& type) {
  if (!given.value.is_list()) wrong(given, type);
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
                          ? choice_meant(value.as_text(), constraint.choices())
                          : "";
  throw ParamError::not_allowed(where, shown, constraint.rule(), meant);
}

}  // namespace thexp
