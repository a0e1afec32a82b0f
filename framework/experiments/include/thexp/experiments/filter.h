#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thexp/experiments/run_field.h"
#include "thexp/experiments/run_index.h"

namespace thexp {

/// Which runs are meant:
///
///     Filter filter("params.optim.lr < 0.1 and not (status == failed)");
///     filter.matches(run);
///
/// Comparisons `==` `!=` `<` `<=` `>` `>=`, `~` (contains the text, or fits a
/// pattern with `*` and `?`; capitals do not matter), `in [a, b]` and `not in`;
/// between them `and`, `or`, `not` and parentheses; a name alone asks whether
/// the run has it (and it is not false). On the left stands a name (RunField),
/// on the right a number, a duration (`20m`, `1h30m`), true, false, null, or a
/// text, in quotes where it holds blanks. What a run does not have makes each
/// comparison false, but `x == null`. Of a list, one item that fits is enough.
class Filter {
 public:
  /// One that every run matches.
  Filter();
  /// @throws UsageError with the place in the text.
  explicit Filter(std::string_view text);

  bool matches(const RunEntry& run) const;

  /// @throws UsageError, with the place, for a name that none of these runs
  /// has.
  void check_names(const std::vector<RunEntry>& runs) const;

  class Node;

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;  // null: all
};

}  // namespace thexp
