#include "phase_loaders.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "thexp/base/error.h"

namespace thexp {
namespace {

std::string why_endless(Phase phase) {
  if (phase == Phase::kPredict) {
    return "the predict data has no end; give a source that ends";
  }
  const char* length = phase == Phase::kTrain
                           ? "how far to train with --steps or --max_time, or "
                             "how many batches make an epoch with"
                           : "how many batches with";
  return fmt::format("the {0} data has no end; say {1} --limit_{0}_batches",
                     phase_name(phase), length);
}

}  // namespace

Batch& PhaseBatches::next() {
  if (!stream_->next(batch_)) {
    throw Error(
        fmt::format("the {} data ended {} batches before the end that its "
                    "batches() promised",
                    phase_name(phase_), left_));
  }
  --left_;
  if (offset_ > 0) batch_ = batch_.from(std::exchange(offset_, 0));
  return batch_;
}

void PhaseLoaders::add(Phase phase, std::shared_ptr<BatchSource> source) {
  auto& place = sources_[index_of(phase)];
  if (source == nullptr || place != nullptr) {
    throw UsageError(fmt::format(
        "add_loader: {} {}", phase_name(phase),
        source == nullptr ? "data is null" : "data was added already"));
  }
  place = std::move(source);
}

BatchSource* PhaseLoaders::find(Phase phase) const {
  bool there = sources_[index_of(phase)] != nullptr;
  return there ? sources_[index_of(plan_.data_of(phase))].get() : nullptr;
}

BatchSource& PhaseLoaders::at(Phase phase) const {
  if (BatchSource* source = find(phase)) return *source;
  throw UsageError(fmt::format(
      "there is no {0} data; it is there once datasets() has called "
      "add_loader for it, which is after callbacks() and models()",
      phase_name(phase)));
}

std::shared_ptr<BatchSource>& PhaseLoaders::place_of(Phase phase) {
  at(phase);  // throws when there is none
  return sources_[index_of(phase)];
}

bool PhaseLoaders::has_end(Phase phase) const {
  return at(phase).batches() || plan_.limit(phase);
}

int64_t PhaseLoaders::batches(Phase phase) const {
  std::optional<int64_t> there = at(phase).batches();
  std::optional<int64_t> allowed = plan_.limit(phase);
  if (!there && !allowed) {
    throw UsageError(why_endless(phase));
  }
  constexpr auto kAll = std::numeric_limits<int64_t>::max();
  return std::min(there.value_or(kAll), allowed.value_or(kAll));
}

PhaseBatches PhaseLoaders::stream(Phase phase,
                                  int64_t epoch,
                                  int64_t first_batch,
                                  int64_t offset) const {
  bool in_order = phase != Phase::kTrain || !plan_.shuffles();
  constexpr auto kAll = std::numeric_limits<int64_t>::max();
  // Training's end is looked at before.
  bool ends = phase != Phase::kTrain || has_end(phase);
  int64_t all = ends ? batches(phase) : kAll;
  return {phase, at(phase).stream(in_order ? 0 : epoch, first_batch),
          all - first_batch, offset};
}

Value PhaseLoaders::fingerprint() const {
  Value data = Value::Dict{};
  for (Phase phase : {Phase::kTrain, Phase::kEval, Phase::kTest}) {
    const BatchSource* source = find(phase);
    if (source == nullptr) continue;
    Value& entry = data[phase_name(phase)];
    entry["examples"] = source->examples().value_or(-1);
    int64_t batches = source->batches().value_or(-1);
    entry["batches"] = batches;
    entry["batch_size"] = batches > 0 ? source->batch_size_at(0) : -1;
  }
  return data;
}

}  // namespace thexp
