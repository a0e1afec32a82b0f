#pragma once

#include <string>
#include <vector>

#include "thexp/base/error.h"

namespace thexp {

/// A parameter has a wrong name, type, or value, or its file or flag cannot be
/// read. Every message starts with `where`: "configs/mnist.yaml:7:3: optim.lr",
/// "--optim.lr (command line)", or "optim.lr (program)".
class ParamError : public Error {
 public:
  using Error::Error;

  /// There is no such key; `near` may have been meant.
  static ParamError unknown_key(const std::string& where,
                                const std::vector<std::string>& near);

  /// A value was given to `key`, which is a group of the parameters `members`.
  static ParamError is_group(const std::string& where,
                             const std::vector<std::string>& members);

  /// `shown` is no `wanted`; `hint` says what would be right, or is "".
  static ParamError wrong_type(const std::string& where,
                               const std::string& shown,
                               const std::string& wanted,
                               const std::string& hint = "");

  /// The number `shown` does not satisfy `rule`, such as "between 0 and 10".
  static ParamError out_of_range(const std::string& where,
                                 const std::string& shown,
                                 const std::string& rule);

  /// The text or list `shown` does not satisfy `rule`; `meant` may be "".
  static ParamError not_allowed(const std::string& where,
                                const std::string& shown,
                                const std::string& rule,
                                const std::string& meant);

  /// Required parameters that are not set.
  static ParamError missing(const std::vector<std::string>& keys);

  /// Text that is not YAML or JSON, or has a shape that no parameters have.
  static ParamError malformed(const std::string& where,
                              const std::string& problem);

  /// One key twice in one file.
  static ParamError duplicate_key(const std::string& where,
                                  const std::string& first_where);

  /// A file that cannot be read; `problem` has its path and errno.
  static ParamError unreadable(const std::string& where,
                               const std::string& problem);

  /// Files whose `base:` lead back to themselves.
  static ParamError base_cycle(const std::string& where,
                               const std::vector<std::string>& chain);

  /// An option at the command line without the value that it needs.
  static ParamError missing_value(const std::string& flag,
                                  const std::string& wanted);

  /// Something at the command line that is not an option; `meant` may be "".
  static ParamError unexpected_argument(const std::string& argument,
                                        const std::string& meant);

  /// A path as it was given, and why it cannot be expanded.
  static ParamError bad_path(const std::string& where,
                             const std::string& given,
                             const std::string& problem);

  /// A change after freeze().
  static ParamError frozen(const std::string& where, const std::string& since);

  /// A change after lock().
  static ParamError locked(const std::string& where);

  /// For the rules in an own Params::check(): "invalid parameters: <problem>".
  static ParamError invalid(const std::string& problem);
};

}  // namespace thexp
