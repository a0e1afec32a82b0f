#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thexp/trainer/trainer.h"

namespace thexp {

enum class DrillVerdict {
  kPass,
  kWarn,    ///< works, but is seldom what was meant
  kSkip,    ///< there is nothing to try: the reason says why
  kFail,    ///< does not hold
  kTimeout  ///< not known: the drill's time was over
};

/// What one exercise of a drill found.
struct DrillResult {
  std::string name;  ///< "kill and resume"
  DrillVerdict verdict = DrillVerdict::kPass;
  std::string reason;  ///< what was seen
  std::string hint;    ///< what would be right; may be empty
  double seconds = 0;  ///< that it took
};

struct DrillReport {
  std::vector<DrillResult> results;

  /// True when no exercise failed and none ran out of time.
  bool passed() const;

  /// @throws UsageError with the names that there are.
  const DrillResult& at(const std::string& name) const;

  /// A table of the results and a line that counts them.
  std::string to_string() const;
  /// That line: "7 PASS, 1 WARN".
  std::string summary() const;
  /// That all exercises took together.
  double seconds() const;
};

/// "PASS", "WARN", "skip", "FAIL" or "TIME".
const char* verdict_word(DrillVerdict verdict);

/// One result as lines of at most 80 columns; `seconds` are left out.
std::string to_string(const DrillResult& result);

/// How a drill runs, and what looks on.
class DrillOptions {
 public:
  /// For all exercises together; one that does not get its turn is a kTimeout.
  /// Default 60.
  DrillOptions& seconds(double value) {
    seconds_ = value;
    return *this;
  }
  double seconds() const { return seconds_; }

  /// Is called with an exercise's name as it begins.
  using OnBegin = std::function<void(const std::string& name)>;
  DrillOptions& on_begin(OnBegin value) {
    on_begin_ = std::move(value);
    return *this;
  }
  const OnBegin& on_begin() const { return on_begin_; }

  /// Is called with each result.
  using OnResult = std::function<void(const DrillResult&)>;
  DrillOptions& on_result(OnResult value) {
    on_result_ = std::move(value);
    return *this;
  }
  const OnResult& on_result() const { return on_result_; }

 private:
  double seconds_ = 60;
  OnBegin on_begin_;
  OnResult on_result_;
};

/// Puts a trainer to the test before hours are spent on it: does it resume and
/// repeat bit for bit, learn, evaluate without traces, survive a NaN? A few
/// dozen steps on its own model and data, in a temporary folder that is
/// removed.
///
/// `make_trainer` is called for each exercise; every trainer comes with
/// parameters of its own, not frozen yet. All happens in this process: instead
/// of being killed, a trainer is abandoned in the middle of an epoch. The
/// `--drill` of a program uses processes, and SIGKILL.
/// @throws UsageError for negative seconds, FileError without a temporary
/// folder. What goes wrong in the trainer is in the report.
DrillReport drill(const TrainerFactory& make_trainer,
                  const DrillOptions& options = {});

namespace detail {

template <typename P>
struct OwnedParams {
  std::unique_ptr<P> params;
};

// A trainer with parameters of its own.
template <typename T, typename P>
struct DrilledTrainer : OwnedParams<P>, T {
  explicit DrilledTrainer(const P& params)
      : OwnedParams<P>{copy(params)}, T(*OwnedParams<P>::params) {}
};

}  // namespace detail

/// The same for trainers over copies of `params`:
///
///     CHECK(thexp::drill<MnistTrainer>(params).passed());
template <typename TrainerType, typename ParamsType>
DrillReport drill(const ParamsType& params, const DrillOptions& options = {}) {
  using Drilled = detail::DrilledTrainer<TrainerType, ParamsType>;
  TrainerFactory make_trainer = [&params]() -> std::unique_ptr<Trainer> {
    return std::make_unique<Drilled>(params);
  };
  return drill(make_trainer, options);
}

}  // namespace thexp
