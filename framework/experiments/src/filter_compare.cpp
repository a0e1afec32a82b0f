#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "filter_node.h"
#include "natural_order.h"

namespace thexp {
namespace {

std::string in_small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

bool is_like(const std::string& text, const std::string& pattern) {
  std::string small = in_small_letters(text);
  std::string wanted = in_small_letters(pattern);
  bool is_pattern = wanted.find_first_of("*?") != std::string::npos;
  return is_pattern ? ::fnmatch(wanted.c_str(), small.c_str(), 0) == 0
                    : small.find(wanted) != std::string::npos;
}

template <typename T>
bool compare(const T& a, Comparison comparison, const T& b) {
  switch (comparison) {
    case Comparison::kEqual:
      return a == b;
    case Comparison::kLess:
      return a < b;
    case Comparison::kLessEqual:
      return a <= b;
    case Comparison::kGreater:
      return a > b;
    case Comparison::kGreaterEqual:
      return a >= b;
    default:
      return false;
  }
}

// NaN is equal to the literal nan.
bool compare_numbers(double a, Comparison comparison, double b) {
  if (comparison == Comparison::kEqual && std::isnan(b)) return std::isnan(a);
  return compare(a, comparison, b);
}

bool fits_text(const std::string& text,
               Comparison comparison,
               const Literal& literal) {
  if (comparison == Comparison::kEqual) return text == literal.text;
  return compare(natural_order(text, literal.text), comparison, 0);
}

bool fits_scalar(const Value& value,
                 Comparison comparison,
                 const Literal& literal) {
  if (comparison == Comparison::kLike) {
    return is_like(value.is_text() ? value.as_text() : value.to_json(),
                   literal.text);
  }
  if (value.is_text()) return fits_text(value.as_text(), comparison, literal);
  if (value.is_number()) {
    return literal.number &&
           compare_numbers(value.as_real(), comparison, *literal.number);
  }
  return comparison == Comparison::kEqual && value.is_bool() && literal.truth &&
         value.as_bool() == *literal.truth;
}

}  // namespace

bool fits(const Value& value, Comparison comparison, const Literal& literal) {
  if (comparison == Comparison::kUnequal) {
    return literal.is_null
               ? !value.is_null()
               : !value.is_null() && !fits(value, Comparison::kEqual, literal);
  }
  if (literal.is_null || value.is_null()) {
    return comparison == Comparison::kEqual && literal.is_null &&
           value.is_null();
  }
  if (!value.is_list()) return fits_scalar(value, comparison, literal);
  const Value::List& list = value.as_list();
  return std::any_of(list.begin(), list.end(), [&](const Value& item) {
    return fits(item, comparison, literal);
  });
}

}  // namespace thexp
