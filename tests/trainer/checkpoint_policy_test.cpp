#include "checkpoint_policy.h"

#include <vector>

#include "catch.h"

namespace {

using std::chrono::seconds;
using thexp::CheckpointPolicy;
using thexp::CheckpointRules;
using thexp::Importance;

constexpr auto kNone = std::nullopt;
const CheckpointPolicy::Time kBegin{};

CheckpointPolicy policy(const CheckpointRules& rules, bool saves = true) {
  CheckpointPolicy made;
  made.set_rules(rules, saves);
  made.begin(kBegin);
  return made;
}

// The steps of 1 to 12, three an epoch, that are saved.
std::vector<int64_t> saved_steps(const CheckpointRules& rules) {
  CheckpointPolicy made = policy(rules);
  std::vector<int64_t> saved;
  for (int64_t step = 1; step <= 12; ++step) {
    auto now = kBegin + seconds(step);
    bool ends = step % 3 == 0;
    auto due = ends ? made.after_epoch(step / 3, step, step == 12, now)
                    : made.after_step(step, now);
    if (!due) continue;
    saved.push_back(step);
    made.saved(step);
    made.tried(now);
  }
  return saved;
}

TEST_CASE("S6 checkpoints are due by epochs, steps and seconds") {
  using Steps = std::vector<int64_t>;
  struct Row {
    CheckpointRules rules;
    Steps saved;
  };
  for (const Row& row : std::vector<Row>{
           {{1, 0, 0}, {3, 6, 9, 12}},
           {{3, 0, 0}, {9, 12}},  // the last epoch always
           {{0, 0, 0}, {}},
           {{0, 4, 0}, {4, 8, 12}},
           {{2, 5, 0}, {5, 6, 10, 12}},
           {{0, 0, 5}, {5, 10}},
           {{0, 4, 3}, {3, 4, 7, 8, 11, 12}},
       }) {
    INFO(row.rules.every_epochs << " epochs, " << row.rules.every_steps
                                << " steps, " << row.rules.every_seconds
                                << " seconds");
    CHECK(saved_steps(row.rules) == row.saved);
  }
}

TEST_CASE("S6 what training ends with is saved once") {
  CheckpointPolicy made = policy({0, 10, 0});
  CHECK(made.is_unsaved(7));
  CHECK(made.at_end(7) == Importance::kRoutine);
  made.saved(7);
  CHECK(made.at_end(7) == kNone);
  made.lost();  // it could not be written
  CHECK(made.at_end(7) == Importance::kRoutine);
  CHECK(made.at_end(0) == kNone);  // nothing was trained
}

TEST_CASE("without rules nothing is saved, unless it is requested") {
  CheckpointPolicy made = policy({0, 0, 0});
  CHECK(made.at_end(7) == kNone);
  CHECK_FALSE(made.is_unsaved(7));
  made.request();
  CHECK(made.at_end(7) == Importance::kWanted);
}

TEST_CASE("a request counts at the next chance, and once") {
  CheckpointPolicy made = policy({0, 0, 0});
  made.request();
  CHECK(made.after_step(2, kBegin) == Importance::kWanted);
  made.saved(2);
  CHECK(made.after_step(2, kBegin) == kNone);
  made.request();
  CHECK(made.after_epoch(1, 3, false, kBegin) == Importance::kWanted);
  made.saved(3);
  CHECK(made.at_end(3) == kNone);
  CHECK(made.after_epoch(2, 6, false, kBegin) == kNone);
}

TEST_CASE("a request after a step was saved makes it be saved again") {
  CheckpointPolicy made = policy({1, 0, 0});
  CHECK(made.after_epoch(1, 3, false, kBegin) == Importance::kRoutine);
  made.saved(3);
  made.request_best();
  CHECK(made.at_end(3) == Importance::kBest);
}

TEST_CASE("a checkpoint of the best step matters most, whatever made it") {
  CheckpointPolicy made = policy({1, 0, 0});
  made.request_best();
  CHECK(made.after_epoch(1, 3, false, kBegin) == Importance::kBest);
  CHECK(made.importance(3) == Importance::kBest);
  CHECK(made.importance(4) == Importance::kRoutine);
}

TEST_CASE("a trial saves nothing, requested or not") {
  CheckpointPolicy made = policy({0, 0, 0}, /*saves=*/false);
  made.request_best();
  CHECK(made.after_epoch(1, 1, true, kBegin) == kNone);
  CHECK(made.at_end(1) == kNone);
}

}  // namespace
