#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "thexp/data/batch_source.h"

namespace thexp {

/// Steps without a data set, for reinforcement learning, equations, or one
/// large batch: an epoch of `steps` batches that hold nothing, so that
/// train_batch() gets its data elsewhere.
///
///     add_loader(Phase::kTrain, std::make_shared<StepSource>(100));
class StepSource : public BatchSource {
 public:
  /// Without a number the epoch has no end.
  /// @throws UsageError for a negative number.
  explicit StepSource(std::optional<int64_t> steps = std::nullopt);

  std::unique_ptr<BatchStream> stream(int64_t epoch,
                                      int64_t first_batch = 0) override;
  std::optional<int64_t> batches() const override { return steps_; }
  std::optional<int64_t> examples() const override { return std::nullopt; }
  int64_t batch_size_at(int64_t) const override { return 0; }
  bool has_data() const override { return false; }

 private:
  std::optional<int64_t> steps_;
};

}  // namespace thexp
