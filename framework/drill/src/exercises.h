#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "compare.h"
#include "session.h"
#include "thexp/drill/drill.h"

namespace thexp {

/// Does a session and waits for it, at most so many seconds.
using SessionRunner =
    std::function<DrillOutcome(const DrillSession&, double seconds)>;

/// The exercises of a drill: each runs the sessions that it needs and judges
/// what came out. train() is the first; the others compare with it.
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
  DrillSession session(const std::string& kind);
  DrillOutcome run(DrillSession& session, double share_of_time = 1);
  double seconds_left() const;
  const DrillOutcome& inspected();
  DrillResult go_on_with(const DrillSession& killed);
  DrillResult judge_repeat(const DrillDifference& found, bool other_workers);

  SessionRunner runner_;
  fs::path folder_;
  bool own_processes_;
  double seconds_;
  std::chrono::steady_clock::time_point begin_;
  int sessions_ = 0;

  DrillSession reference_;
  DrillOutcome reference_outcome_;
  std::optional<DrillOutcome> inspected_;
  std::set<std::string> restless_;  // metrics that differ in every run
};

}  // namespace thexp
