#pragma once

#include <functional>
#include <string>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

/// A rule that a parameter's value must satisfy, wherever it is set. Null (of
/// an optional parameter) satisfies every rule. In a list each item is tested.
///
///     Constraint even("even", [](const Value& v) {
///       return v.as_integer() % 2 == 0;
///     });
class Constraint {
 public:
  using Test = std::function<bool(const Value&)>;

  /// Accepts everything.
  Constraint() = default;

  /// @param rule reads well after "must be": "between 0 and 10".
  /// @param test of one value; gets the parameter's own type.
  Constraint(std::string rule, Test test);

  bool accepts(const Value& value) const { return !test_ || test_(value); }

  /// "between 0 and 10"; "" when everything is accepted.
  const std::string& rule() const { return rule_; }

  /// What one_of() allows, for suggestions; else empty.
  const std::vector<std::string>& choices() const { return choices_; }

  /// Both: "greater than 0 and at most 1".
  friend Constraint operator&&(const Constraint& a, const Constraint& b);
  friend Constraint one_of(Value::List allowed);
  friend Constraint non_empty();

 private:
  std::string rule_;
  Test test_;
  std::vector<std::string> choices_;
};

Constraint operator&&(const Constraint& a, const Constraint& b);

/// Numbers from `low` on, itself included. NaN satisfies no range.
Constraint at_least(const Value& low);

/// Numbers up to `high`, itself included.
Constraint at_most(const Value& high);

/// Numbers above `low`.
Constraint greater_than(const Value& low);

/// Numbers below `high`.
Constraint less_than(const Value& high);

/// Numbers from `low` to `high`, both included.
Constraint between(const Value& low, const Value& high);

/// One of the given texts or numbers: one_of({"fast", "slow"}).
Constraint one_of(Value::List allowed);

/// A text or list that is not empty.
Constraint non_empty();

}  // namespace thexp
