#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "compare.h"
#include "session.h"
#include "thexp/drill/drill.h"

namespace thexp::detail {

/// Does a session and waits for it, at most for that time.
using SessionRunner =
    std::function<DrillOutcome(const DrillSession&, double seconds)>;

/// Thrown where a session ended early: the exercise's result.
struct EndedEarly {
  DrillResult result;
};

/// The exercises of a drill: each runs the sessions that it needs and judges
/// what came out. train() is the first; the others compare with it.
/// All of them throw EndedEarly.
class DrillExercises {
 public:
  DrillExercises(SessionRunner runner,
                 fs::path folder,
                 bool own_processes,
                 double seconds);

  DrillResult train();
  DrillResult gradients();
  DrillResult overfit();
  DrillResult evaluation();
  DrillResult shuffling();
  DrillResult repeat();
  DrillResult save_and_load();
  DrillResult resume();
  DrillResult not_a_number();

 private:
  DrillSession new_session(SessionKind kind);
  DrillOutcome attempt(DrillSession& session, double share_of_time = 1);
  DrillOutcome run(DrillSession& session, double share_of_time = 1);
  double seconds_left() const;
  DrillResult inspection(std::size_t index);
  DrillResult resume_after(const DrillSession& killed);
  DrillResult judge_repeat(const DrillDifference& found, bool other_workers);
  bool repeats_with_same_workers();

  SessionRunner runner_;
  fs::path folder_;
  bool own_processes_;
  double seconds_;
  std::chrono::steady_clock::time_point begin_;
  int sessions_ = 0;

  DrillSession reference_;
  TrainFacts reference_facts_;
  std::optional<DrillOutcome> inspection_;
  std::set<std::string> changing_metrics_;  // they differ in every run
};

}  // namespace thexp::detail
