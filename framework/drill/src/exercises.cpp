#include "exercises.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "judge.h"
#include "thexp/base/text.h"
#include "trace.h"

namespace thexp {
namespace {

constexpr std::int64_t kSteps = 10;     // two epochs and a half
constexpr std::int64_t kKillAfter = 7;  // a step after a checkpoint
constexpr std::int64_t kNanSteps = 6;

// Batch fingerprints of an epoch, in order.
std::vector<std::string> order_of(const std::vector<TraceStep>& trace,
                                  std::int64_t epoch) {
  std::vector<std::string> order;
  for (const TraceStep& step : trace) {
    if (step.epoch == epoch) order.push_back(step.batch);
  }
  return order;
}

std::string workers_text(const DrillOutcome& a, const DrillOutcome& b) {
  std::int64_t first = a.facts.at("workers_used").as_integer();
  std::int64_t second = b.facts.at("workers_used").as_integer();
  if (first == second) return "";
  return fmt::format(" ({} and {} workers)", first, second);
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

DrillSession DrillExercises::session(const std::string& kind) {
  DrillSession session;
  session.kind = kind;
  session.folder = folder_ / fmt::format("{}-{}", ++sessions_, kind);
  session.workspace = session.folder / "runs";
  session.steps = kSteps;
  session.own_process = own_processes_;
  return session;
}

DrillOutcome DrillExercises::run(DrillSession& session, double share_of_time) {
  double left = seconds_left();
  DrillOutcome outcome;
  outcome.timed_out = left <= 0;
  if (outcome.timed_out) return outcome;
  session.seconds = left * share_of_time;
  make_directories(session.folder);
  return runner_(session, left);
}

const DrillOutcome& DrillExercises::inspected() {
  if (!inspected_) {
    DrillSession inspect = session("inspect");
    inspected_ = run(inspect);
  }
  return *inspected_;
}

DrillResult DrillExercises::train() {
  reference_ = session("train");
  reference_outcome_ = run(reference_);
  if (auto result = trouble(reference_outcome_)) return *result;
  std::int64_t steps = reference_outcome_.facts.at("step").as_integer();
  const std::string& reason = reference_outcome_.facts.at("reason").as_text();
  if (steps == 0) return fail("no step was run: " + reason);
  std::string odd = first_not_finite(read_trace(reference_.trace_file()));
  if (!odd.empty()) return warn(odd, "a learning rate that is too high?");
  return pass(fmt::format(
      "{} steps in epochs of at most {} batches{}", steps, kDrillEpoch,
      reason.empty() ? "" : fmt::format(", then it stopped: {}", reason)));
}

DrillResult DrillExercises::gradients() {
  const DrillOutcome& outcome = inspected();
  if (auto result = trouble(outcome)) return *result;
  return judge_gradients(outcome.facts, kSteps);
}

DrillResult DrillExercises::evaluation() {
  const DrillOutcome& outcome = inspected();
  if (auto result = trouble(outcome)) return *result;
  return judge_evaluation(outcome.facts);
}

DrillResult DrillExercises::shuffling() {
  std::vector<TraceStep> trace = read_trace(reference_.trace_file());
  std::vector<std::string> first = order_of(trace, 0),
                           second = order_of(trace, 1);
  if (first.size() < 2 || second.size() < 2) {
    return skip("there are no two epochs of several batches to compare");
  }
  if (first != second) return pass("epoch 2 has other batches than epoch 1");
  return warn("epochs 1 and 2 have the same batches in the same order",
              "LoaderOptions().shuffle(true)");
}

DrillResult DrillExercises::overfit() {
  DrillSession overfit = session("overfit");
  overfit.steps = kOverfitSteps;
  return judge_overfit(run(overfit, 0.5));
}

DrillResult DrillExercises::repeat() {
  DrillSession again = session("train");
  again.other_workers = true;
  DrillOutcome outcome = run(again);
  if (auto result = trouble(outcome)) return *result;
  DrillDifference found = compare_sessions(reference_, again);
  std::string workers = workers_text(reference_outcome_, outcome);
  if (found.equal()) {
    return pass(fmt::format("two trainings agree bit for bit{}", workers));
  }
  return judge_repeat(found, !workers.empty());
}

// Do two trainings differ, or only those with other workers?
DrillResult DrillExercises::judge_repeat(const DrillDifference& found,
                                         bool other_workers) {
  restless_ = found.metrics;
  if (!restless_.empty()) {
    std::vector<std::string> names(restless_.begin(), restless_.end());
    return warn(
        "weights agree bit for bit, but metrics do not: " + join(names, ", "),
        "a time that passed is no mistake; the next exercises leave "
        "these out.");
  }
  if (other_workers) {
    DrillSession plain = session("train");
    if (auto result = trouble(run(plain))) return *result;
    if (compare_sessions(reference_, plain).equal()) {
      return fail("with another number of workers " + found.what,
                  "a dataset or transform that is not made for several "
                  "threads?");
    }
  }
  bool cuda = reference_outcome_.facts.at("device").as_text() != "cpu";
  return fail(
      "a second training with the same seed is another: " + found.what,
      found.hint + (cuda ? " On a GPU it takes --determinism=strict." : ""));
}

DrillResult DrillExercises::save_and_load() {
  DrillSession reload = session("reload");
  reload.state = reference_.state_file();
  DrillOutcome outcome = run(reload);
  if (auto result = trouble(outcome)) return *result;
  const std::string& difference = outcome.facts.at("difference").as_text();
  if (!difference.empty()) {
    return fail("loaded into a new trainer, and taken again: " + difference,
                "state() and load_state() of what is named there.");
  }
  return pass(
      fmt::format("{} tensors and {} values are the same in a new trainer",
                  outcome.facts.at("tensors").as_integer(),
                  outcome.facts.at("values").as_integer()));
}

DrillResult DrillExercises::resume() {
  std::int64_t steps = reference_outcome_.facts.at("step").as_integer();
  DrillSession killed = session("train");
  killed.kill_after = std::min(kKillAfter, steps - 1);
  if (killed.kill_after <= kDrillCheckpoint) {
    return skip(fmt::format("training stops by itself after step {}", steps));
  }
  DrillOutcome outcome = run(killed);
  if (auto result = trouble(outcome)) return *result;
  if (outcome.killed) return go_on_with(killed);
  return fail(fmt::format("unlike the first training it stopped before step {}",
                          killed.kill_after));
}

DrillResult DrillExercises::go_on_with(const DrillSession& killed) {
  DrillSession resumed = session("train");
  resumed.workspace = killed.workspace;
  resumed.resume = true;
  DrillOutcome outcome = run(resumed);
  if (auto result = trouble(outcome)) return *result;
  std::string how =
      fmt::format("{} after step {}, resumed at step {}",
                  own_processes_ ? "killed (SIGKILL)" : "abandoned",
                  killed.kill_after, outcome.facts.at("from").as_integer());
  DrillDifference found = compare_sessions(reference_, resumed, restless_);
  if (!found.equal()) return fail(how + ": " + found.what, found.hint);
  return pass(fmt::format("{}: bit for bit the same at step {}", how,
                          outcome.facts.at("step").as_integer()));
}

DrillResult DrillExercises::not_a_number() {
  DrillSession nan = session("nan");
  nan.steps = kNanSteps;
  DrillOutcome outcome = run(nan);
  if (auto result = trouble(outcome)) return *result;
  return judge_nan(outcome.facts);
}

}  // namespace thexp
