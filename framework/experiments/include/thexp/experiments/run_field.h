#pragma once

#include <optional>
#include <string>
#include <vector>

#include "thexp/base/value.h"
#include "thexp/experiments/run_index.h"

namespace thexp {

/// What a filter, a sort or a column calls by a name:
///
/// - `id`, `experiment`, `number`, `status`, `path`, `start`, `end`, `age` and
///   `duration` (seconds), `at` (how far it got), `tags`, `note`,
///   `description`;
/// - a path in run.json: `params.optim.lr`, `info.epoch`, `code.branch`,
///   `versions.libtorch`, `host`, `user`; of a parameter also `optim.lr`;
/// - a metric by its tag, its newest value: `eval/acc`; its best one:
///   `best.eval/acc` or `best(eval/acc)`.
class RunField {
 public:
  explicit RunField(std::string name);

  const std::string& name() const { return name_; }

  /// Its value of a run; none where the run has none. "nan" and "inf" of a
  /// metric are reals.
  std::optional<Value> of(const RunEntry& run) const;

  /// Whether every run has it by nature, as `status`.
  bool is_common() const;

 private:
  using Reader = std::optional<Value> (*)(const RunEntry&);

  std::string name_;
  std::string best_of_;  // the metric's tag
  Reader reader_ = nullptr;
};

/// The tag whose best value a name such as "best.eval/acc" or "best(eval/acc)"
/// means; empty for another name.
std::string tag_of_best(const std::string& name);

/// All names that some of these runs have a value for, in alphabetic order.
std::vector<std::string> field_names(const std::vector<RunEntry>& runs);

/// Nothing when the field is common, or one of these runs has it, or there is
/// no run; else "no run has 'params.optm.lr'; did you mean 'params.optim.lr'?".
std::optional<std::string> problem_with(const RunField& field,
                                        const std::vector<RunEntry>& runs);

}  // namespace thexp
