#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "thexp/base/value.h"
#include "thexp/data/batch_source.h"
#include "thexp/trainer/phase.h"
#include "thexp/trainer/run_plan.h"

namespace thexp {

/// How much a batch weighs in an average: its examples, or 1 without any.
inline double weight_of(const Batch& batch) {
  return batch.size() > 0 ? static_cast<double>(batch.size()) : 1;
}

/// The batches that a phase has left, one after another.
class PhaseBatches {
 public:
  /// `offset`: examples of the first batch that are left out.
  PhaseBatches(Phase phase,
               std::unique_ptr<BatchStream> stream,
               int64_t left,
               int64_t offset = 0)
      : phase_(phase),
        stream_(std::move(stream)),
        left_(left),
        offset_(offset) {}

  int64_t left() const { return left_; }
  /// Valid until the next call. @throws Error when the data ends before its
  /// batches() said.
  Batch& next();

 private:
  Phase phase_;
  std::unique_ptr<BatchStream> stream_;
  int64_t left_;
  int64_t offset_;
  Batch batch_;
};

/// The data of each phase, under the limits of the plan.
class PhaseLoaders {
 public:
  explicit PhaseLoaders(const RunPlan& plan) : plan_(plan) {}

  /// @throws UsageError for null, and for a phase that has data.
  void add(Phase phase, std::shared_ptr<BatchSource> source);

  bool has(Phase phase) const { return find(phase) != nullptr; }
  /// @throws UsageError when there is none.
  BatchSource& at(Phase phase) const;
  std::shared_ptr<BatchSource>& place_of(Phase phase);

  /// Whether the data, or a limit, ends a phase. @throws UsageError when there
  /// is no such data.
  bool has_end(Phase phase) const;
  /// @throws UsageError when there is no such data, or nothing bounds it.
  int64_t batches(Phase phase) const;

  /// From `first_batch` of the `epoch`-th order on, less the batch's first
  /// `offset` examples.
  PhaseBatches stream(Phase phase,
                      int64_t epoch = 0,
                      int64_t first_batch = 0,
                      int64_t offset = 0) const;

  /// What training is about: a run with other data is another run.
  Value fingerprint() const;

 private:
  BatchSource* find(Phase phase) const;

  const RunPlan& plan_;
  std::array<std::shared_ptr<BatchSource>, kPhases> sources_;
};

}  // namespace thexp
