#include "exercises.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "records.h"
#include "results.h"
#include "thexp/base/text.h"

namespace thexp::detail {
namespace {

constexpr int64_t kSteps = 10;     // two epochs and a half
constexpr int64_t kKillAfter = 7;  // a step after a checkpoint
constexpr int64_t kNanSteps = 6;

// Batch fingerprints of an epoch, in order.
std::vector<std::string> order_of(const std::vector<TraceStep>& trace,
                                  int64_t epoch) {
  std::vector<std::string> order;
  for (const TraceStep& step : trace) {
    if (step.epoch == epoch) order.push_back(step.batch);
  }
  return order;
}

// What ended a session early is the exercise's result. @throws EndedEarly.
void require_the_end(const DrillOutcome& outcome) {
  if (outcome.end == DrillOutcome::End::kTimeout) {
    throw EndedEarly{timeout("the drill's time was over")};
  }
  if (outcome.end == DrillOutcome::End::kError) {
    throw EndedEarly{fail(outcome.error)};
  }
}

// Noise that train_batch draws itself needs no data in its batches.
bool are_alike(const std::vector<std::string>& batches) {
  return std::all_of(
      batches.begin(), batches.end(),
      [&](const std::string& each) { return each == batches.front(); });
}

std::string workers_text(const TrainFacts& a, const TrainFacts& b) {
  if (a.workers == b.workers) return "";
  return fmt::format(" ({} and {} workers)", a.workers, b.workers);
}

}  // namespace

DrillExercises::DrillExercises(SessionRunner runner,
                               fs::path folder,
                               bool own_processes,
                               double seconds)
    : runner_(std::move(runner)),
      folder_(std::move(folder)),
      own_processes_(own_processes),
      seconds_(seconds),
      begin_(std::chrono::steady_clock::now()) {}

double DrillExercises::seconds_left() const {
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - begin_;
  return seconds_ - passed.count();
}

DrillSession DrillExercises::new_session(SessionKind kind) {
  DrillSession session;
  session.kind = kind;
  session.folder = folder_ / std::to_string(++sessions_);
  session.workspace = session.folder / "runs";
  session.steps = kSteps;
  session.own_process = own_processes_;
  return session;
}

DrillOutcome DrillExercises::attempt(DrillSession& session,
                                     double share_of_time) {
  double left = seconds_left();
  if (left <= 0) return DrillOutcome::ended_early(DrillOutcome::End::kTimeout);
  session.seconds = left * share_of_time;
  make_directories(session.folder);
  return runner_(session, left);
}

DrillOutcome DrillExercises::run(DrillSession& session, double share_of_time) {
  DrillOutcome outcome = attempt(session, share_of_time);
  require_the_end(outcome);
  return outcome;
}

// Of one session: 0 is about gradients, 1 about an evaluation.
DrillResult DrillExercises::inspection(std::size_t index) {
  if (!inspection_) {
    DrillSession session = new_session(SessionKind::kInspect);
    inspection_ = attempt(session);
  }
  require_the_end(*inspection_);
  return inspection_->results.at(index);
}

DrillResult DrillExercises::train() {
  reference_ = new_session(SessionKind::kTrain);
  reference_facts_ = run(reference_).train;
  int64_t steps = reference_facts_.last_step;
  const std::string& reason = reference_facts_.stop_reason;
  if (steps == 0) return fail("no step was run: " + reason);
  std::string not_finite =
      first_not_finite(read_trace(reference_.trace_file()));
  if (!not_finite.empty()) {
    return warn(not_finite, "a learning rate that is too high?");
  }
  return pass(fmt::format(
      "{} steps in epochs of at most {} batches{}", steps, kDrillEpoch,
      reason.empty() ? "" : fmt::format(", then it stopped: {}", reason)));
}

DrillResult DrillExercises::gradients() { return inspection(0); }

DrillResult DrillExercises::evaluation() { return inspection(1); }

DrillResult DrillExercises::shuffling() {
  std::vector<TraceStep> trace = read_trace(reference_.trace_file());
  std::vector<std::string> first = order_of(trace, 0),
                           second = order_of(trace, 1);
  if (first.size() < 2 || second.size() < 2) {
    return skip("there are no two epochs of several batches to compare");
  }
  if (first != second) return pass("epoch 2 has other batches than epoch 1");
  if (are_alike(first)) {
    return skip("all batches are alike: there is no data whose order shows");
  }
  return warn("epochs 1 and 2 have the same batches in the same order",
              "LoaderOptions().shuffle(true)");
}

DrillResult DrillExercises::overfit() {
  DrillSession session = new_session(SessionKind::kOverfit);
  session.steps = kOverfitSteps;
  return run(session, 0.5).results.at(0);
}

DrillResult DrillExercises::repeat() {
  DrillSession again = new_session(SessionKind::kTrain);
  again.other_workers = true;
  TrainFacts facts = run(again).train;
  DrillDifference found = compare_sessions(reference_, again);
  std::string workers = workers_text(reference_facts_, facts);
  if (!found.equal()) return judge_repeat(found, !workers.empty());
  return pass("two trainings agree bit for bit" + workers);
}

DrillResult DrillExercises::judge_repeat(const DrillDifference& found,
                                         bool other_workers) {
  changing_metrics_ = found.metrics;
  if (!found.metrics.empty()) {
    std::vector<std::string> names(found.metrics.begin(), found.metrics.end());
    return warn(
        "weights agree bit for bit, but metrics do not: " + join(names, ", "),
        "an elapsed time may differ; the next exercises leave these out.");
  }
  if (other_workers && repeats_with_same_workers()) {
    return fail("with another number of workers " + found.what,
                "a dataset or transform that is not made for several "
                "threads?");
  }
  bool cuda = reference_facts_.device != "cpu";
  return fail(
      "a second training with the same seed differs: " + found.what,
      found.hint + (cuda ? " On a GPU it takes --determinism=strict." : ""));
}

bool DrillExercises::repeats_with_same_workers() {
  DrillSession session = new_session(SessionKind::kTrain);
  run(session);
  return compare_sessions(reference_, session).equal();
}

DrillResult DrillExercises::save_and_load() {
  DrillSession session = new_session(SessionKind::kReload);
  session.state = reference_.state_file();
  return run(session).results.at(0);
}

DrillResult DrillExercises::resume() {
  int64_t steps = reference_facts_.last_step;
  DrillSession killed = new_session(SessionKind::kTrain);
  killed.kill_after = std::min(kKillAfter, steps - 1);
  if (killed.kill_after <= kDrillCheckpoint) {
    return skip(fmt::format("training stops by itself after step {}", steps));
  }
  bool is_dead = run(killed).end == DrillOutcome::End::kKilled;
  if (is_dead) return resume_after(killed);
  return fail(fmt::format("unlike the first training it stopped before step {}",
                          killed.kill_after));
}

DrillResult DrillExercises::resume_after(const DrillSession& killed) {
  DrillSession resumed = new_session(SessionKind::kTrain);
  resumed.workspace = killed.workspace;
  resumed.resume = true;
  TrainFacts facts = run(resumed).train;
  std::string how =
      fmt::format("{} after step {}, resumed at step {}",
                  own_processes_ ? "killed (SIGKILL)" : "abandoned",
                  killed.kill_after, facts.first_step);
  DrillDifference found =
      compare_sessions(reference_, resumed, changing_metrics_);
  if (!found.equal()) return fail(how + ": " + found.what, found.hint);
  return pass(
      fmt::format("{}: bit for bit the same at step {}", how, facts.last_step));
}

DrillResult DrillExercises::not_a_number() {
  DrillSession session = new_session(SessionKind::kNan);
  session.steps = kNanSteps;
  return run(session).results.at(0);
}

}  // namespace thexp::detail
