#include "thexp/params/constraint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thexp/base/text.h"

namespace thexp {
namespace {

// "0" for 0.0: a bound reads better so.
std::string bound_text(const Value& bound) {
  std::string text = bound.is_real() ? format_real(bound.as_real())
                                     : std::to_string(bound.as_integer());
  return ends_with(text, ".0") ? text.substr(0, text.size() - 2) : text;
}

bool less(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.as_integer() < b.as_integer();
  return a.as_real() < b.as_real();
}

bool less_or_equal(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) {
    return a.as_integer() <= b.as_integer();
  }
  return a.as_real() <= b.as_real();
}

bool same(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    return less_or_equal(a, b) && less_or_equal(b, a);
  }
  return a == b;
}

bool is_empty(const Value& value) {
  return value.is_text() ? value.as_text().empty()
                         : value.is_list() && value.as_list().empty();
}

std::string choice_text(const Value& value) {
  return value.is_text() ? value.as_text() : value.to_json();
}

}  // namespace

Constraint::Constraint(std::string rule, Test test)
    : rule_(std::move(rule)), test_([test](const Value& value) {
        if (value.is_null()) return true;
        if (!value.is_list()) return test(value);
        const Value::List& items = value.as_list();
        return std::all_of(items.begin(), items.end(), test);
      }) {}

Constraint operator&&(const Constraint& a, const Constraint& b) {
  if (!a.test_) return b;
  if (!b.test_) return a;
  Constraint both;
  both.rule_ = a.rule_ + " and " + b.rule_;
  both.choices_ = a.choices_.empty() ? b.choices_ : a.choices_;
  both.test_ = [a, b](const Value& value) {
    return a.accepts(value) && b.accepts(value);
  };
  return both;
}

Constraint at_least(const Value& low) {
  return {"at least " + bound_text(low), [low](const Value& value) {
            return value.is_number() && less_or_equal(low, value);
          }};
}

Constraint at_most(const Value& high) {
  return {"at most " + bound_text(high), [high](const Value& value) {
            return value.is_number() && less_or_equal(value, high);
          }};
}

Constraint greater_than(const Value& low) {
  return {"greater than " + bound_text(low), [low](const Value& value) {
            return value.is_number() && less(low, value);
          }};
}

Constraint less_than(const Value& high) {
  return {"less than " + bound_text(high), [high](const Value& value) {
            return value.is_number() && less(value, high);
          }};
}

Constraint between(const Value& low, const Value& high) {
  return {fmt::format("between {} and {}", bound_text(low), bound_text(high)),
          [low, high](const Value& value) {
            return value.is_number() && less_or_equal(low, value) &&
                   less_or_equal(value, high);
          }};
}

Constraint one_of(Value::List allowed) {
  std::vector<std::string> choices;
  for (const Value& value : allowed) choices.push_back(choice_text(value));
  Constraint constraint(
      "one of " + join(choices, ", "), [allowed](const Value& value) {
        return std::any_of(
            allowed.begin(), allowed.end(),
            [&value](const Value& choice) { return same(choice, value); });
      });
  constraint.choices_ = std::move(choices);
  return constraint;
}

Constraint non_empty() {
  Constraint constraint;
  constraint.rule_ = "not empty";
  constraint.test_ = [](const Value& value) { return !is_empty(value); };
  return constraint;
}

}  // namespace thexp
