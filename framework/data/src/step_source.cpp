#include "thexp/data/step_source.h"

#include <fmt/format.h>

#include <limits>

#include "source_checks.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

class StepStream : public BatchStream {
 public:
  explicit StepStream(int64_t left) : left_(left) {}

  bool next(Batch& batch) override {
    batch.clear();
    return left_-- > 0;
  }

 private:
  int64_t left_;
};

}  // namespace

StepSource::StepSource(std::optional<int64_t> steps) : steps_(steps) {
  if (steps.value_or(0) >= 0) return;
  throw UsageError(
      fmt::format("StepSource({}): a number of steps is not negative", *steps));
}

std::unique_ptr<BatchStream> StepSource::stream(int64_t epoch,
                                                int64_t first_batch) {
  detail::check_stream(epoch, first_batch);
  constexpr auto kNoEnd = std::numeric_limits<int64_t>::max();
  return std::make_unique<StepStream>(steps_.value_or(kNoEnd) - first_batch);
}

}  // namespace thexp
