#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "thexp/state/async_saver.h"
#include "thexp/trainer/run_plan.h"

namespace thexp {

/// Decides when a checkpoint is saved, and how much it matters. It knows
/// numbers only: no file, no model, no clock of its own.
class CheckpointPolicy {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Decision = std::optional<Importance>;  // nothing: none is saved

  /// Without `saves` nothing that is requested is saved, either.
  void set_rules(const CheckpointRules& rules, bool saves) {
    rules_ = rules;
    saves_ = saves;
  }

  /// The loop begins: seconds count from here.
  void begin(Time now) { saved_time_ = now; }

  /// This step's checkpoint is wanted; and it is the best so far.
  void request() { is_requested_ = true; }
  void request_best() { is_requested_ = is_best_ = true; }

  /// After a step that does not end its epoch.
  Decision after_step(int64_t step, Time now);

  /// What was requested, apart from any step or epoch that ends.
  Decision if_requested(int64_t step);

  /// At the end of an epoch: `epoch` of them are finished.
  Decision after_epoch(int64_t epoch, int64_t step, bool is_last, Time now);

  /// When training ends: what no checkpoint holds yet.
  Decision at_end(int64_t step);

  /// True when checkpoints are made and this step's is not there.
  bool is_unsaved(int64_t step) const;

  /// Of a checkpoint of this step, whatever the reason for it.
  Importance importance(int64_t step) const;

  /// What became of it.
  void tried(Time now) { saved_time_ = now; }
  void saved(int64_t step) { saved_step_ = step; }
  void lost() { saved_step_ = kNever; }
  bool holds(int64_t step) const { return saved_step_ == step; }

 private:
  static constexpr int64_t kNever = -1;

  bool take_requests(int64_t step);
  bool is_due(int64_t step, Time now) const;
  bool makes_any() const;

  CheckpointRules rules_;
  bool saves_ = true;
  bool is_requested_ = false;
  bool is_best_ = false;
  int64_t requested_step_ = kNever;
  int64_t best_step_ = kNever;
  int64_t saved_step_ = kNever;
  Time saved_time_;
};

}  // namespace thexp
