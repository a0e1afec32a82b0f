#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/value.h"
#include "thexp/meters/avg_meter.h"
#include "thexp/state/kept_members.h"
#include "thexp/trainer/phase.h"
#include "thexp/trainer/progress.h"

namespace thexp {

/// The newest averages of each phase under their names ("eval/loss"), and
/// whether they are of the weights at hand.
class MetricBoard {
 public:
  explicit MetricBoard(const Progress& progress) : progress_(progress) {}

  AvgMeter& train() { return meters_[index_of(Phase::kTrain)]; }
  const AvgMeter& of(Phase phase) const { return meters_[index_of(phase)]; }
  AvgMeter& of(Phase phase) { return meters_[index_of(phase)]; }

  /// What an evaluation of the weights at hand came to.
  void set(Phase phase, AvgMeter average);
  /// One more metric of the evaluation that has just ended, by its whole name.
  /// @throws UsageError as Trainer::set_metric().
  void set_value(const std::string& name, double value);
  /// Whether one ran after the newest step.
  bool is_of_this_step(Phase phase) const {
    return steps_[index_of(phase)] == progress_.step;
  }

  /// Training's average is a whole one within an epoch, too: where training is
  /// by steps it goes from one evaluation to the next.
  void set_train_is_whole(bool is_whole) { train_is_whole_ = is_whole; }
  /// After a whole one the next begins; true then.
  bool begin_batch() {
    bool begins = std::exchange(train_is_whole_, false);
    if (begins) train().reset();
    return begins;
  }

  /// What a batch of a phase was found to report, before there is an average.
  void set_known(Phase phase, std::vector<std::string> names) {
    known_[index_of(phase)] = std::move(names);
  }
  /// The names of a phase's metrics, with the phase before them; nothing while
  /// they are not known.
  std::optional<std::vector<std::string>> names(Phase phase) const;

  /// "train/…", "eval/…", "test/…", in this order.
  std::vector<std::pair<std::string, double>> all() const;
  /// @throws UsageError listing the metrics that there are.
  double value(const std::string& name) const;
  /// The same; nothing when that evaluation did not run after the newest step,
  /// or the average is of an epoch that is not over, or of no batches.
  std::optional<double> fresh(const std::string& name) const;

  /// What a checkpoint of this step says beside it: those of these very
  /// weights, and the average of the epoch so far.
  Value of_this_step() const;
  /// The others, each with the step that it is of.
  Value of_earlier_steps() const;

  /// The steps after which evaluations ran.
  void keep_in(KeptMembers& kept);

 private:
  static constexpr int64_t kNever = -1;

  bool is_old(const std::string& name) const;
  bool has_no_batches(const std::string& name) const;

  const Progress& progress_;
  std::array<AvgMeter, kPhases> meters_;
  bool train_is_whole_ = false;
  std::array<std::optional<std::vector<std::string>>, kPhases> known_;
  std::array<int64_t, kPhases> steps_ = {kNever, kNever, kNever, kNever};
};

}  // namespace thexp
