#include "same_example.h"

#include <fmt/format.h>

#include <algorithm>

namespace thexp {
namespace {

struct Place {
  int64_t batch = 0;
  int64_t offset = 0;  // examples of that batch that come before
};

// An entry that format 1 did not have is not known to differ.
bool has_same_batches(const Value& saved, const Value& here) {
  for (const char* key : {"batches", "batch_size"}) {
    const Value* before = saved.find(key);
    if (before != nullptr && *before != here.at(key)) return false;
  }
  return true;
}

Place place_after(int64_t examples, const PhaseLoaders& loaders) {
  const BatchSource& source = loaders.at(Phase::kTrain);
  const int64_t batches = loaders.batches(Phase::kTrain);
  Place place;
  while (place.batch < batches) {
    int64_t size = source.batch_size_at(place.batch);
    if (size > examples) break;
    examples -= size;
    ++place.batch;
  }
  if (place.batch < batches) place.offset = examples;
  return place;
}

bool can_begin_within(const Place& place,
                      int64_t epoch,
                      const PhaseLoaders& loaders) {
  return loaders.stream(Phase::kTrain, epoch, place.batch).next().can_split();
}

}  // namespace

void go_on_at_same_example(Position& position,
                           const PhaseLoaders& loaders,
                           const Value& saved_data,
                           Logger& logger) {
  const Value* saved = saved_data.find(phase_name(Phase::kTrain));
  const Value here = loaders.fingerprint();
  const Value* now = here.find(phase_name(Phase::kTrain));
  bool moves = position.in_epoch() && saved != nullptr && now != nullptr &&
               !has_same_batches(*saved, *now);
  if (!moves || !loaders.at(Phase::kTrain).has_data()) return;
  Place place = place_after(position.epoch_examples(), loaders);
  std::string again;
  if (place.offset > 0 &&
      !can_begin_within(place, position.progress().epoch, loaders)) {
    again = fmt::format(
        "{} of them are trained again, as its batches cannot "
        "be split",
        std::exchange(place.offset, 0));
  }
  position.move_to(place.batch, place.offset);
  std::string where =
      fmt::format("the epoch goes on after {} examples, in batch {} of {}",
                  position.epoch_examples(), place.batch + 1,
                  loaders.batches(Phase::kTrain));
  logger.info("batches of another size",
              again.empty() ? where : where + "; " + again);
}

}  // namespace thexp
