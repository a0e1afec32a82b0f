#pragma once

#include <string>
#include <utility>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

/// A key in a file, and where it stands.
struct GivenKey {
  std::string name;
  std::string where;
};

/// A value from outside, with what a message says about it. Lists and dicts
/// keep what they hold in `items`; their `value` is an empty one.
struct Given {
  Value value;
  std::string text;            ///< as written; "" when `value` says it all
  std::string where;           ///< how a message about it starts
  std::string flag;            ///< "--milestones" at the command line; or ""
  std::vector<Given> items;    ///< of a list, or a dict's values
  std::vector<GivenKey> keys;  ///< of a dict

  /// `value` and all in it stand at `where`.
  static Given from_value(const Value& value, const std::string& where);

  /// "configs/a.yaml:7:3" becomes "configs/a.yaml:7:3: optim.lr", in a list
  /// "…: milestones[1]".
  void name_after(const std::string& key);

  /// The value in a message: short, text in quotes.
  std::string shown() const;

  /// Another value in its place, as one types it there: "[30, 60]", at the
  /// command line "--milestones='[30, 60]'".
  std::string typed(const std::string& yaml) const;
};

}  // namespace thexp
