#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "session.h"
#include "thexp/trainer/callback.h"
#include "trace.h"

namespace thexp::detail {

/// Thrown where a process would be killed. Not a std::exception: no callback
/// and no handler sees it, as none sees a SIGKILL.
struct Abandoned {};

/// Watches a session's steps: writes their trace, notes which parameters get
/// gradients, and ends the session at its deadline or where it is killed.
class DrillProbe : public Callback {
 public:
  enum class Gradient { kNone, kZero, kThere };

  explicit DrillProbe(const DrillSession& session);

  int priority() const override { return 0; }  // before all others
  std::string name() const override { return "DrillProbe"; }
  void on_batch_begin(Trainer& trainer, const Batch& batch) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  bool on_update_begin(Trainer& trainer, OptimizerSlot& slot) override;

  const std::vector<TraceStep>& trace() const { return trace_; }
  bool out_of_time() const { return out_of_time_; }

  /// The best that was seen of a parameter's gradient.
  Gradient gradient_of(const at::Tensor& parameter) const;

  /// Is asked before an update; true makes its gradients NaN.
  std::function<bool()> poison_gradients;
  /// Is asked after a step; true ends training.
  std::function<bool()> enough;

 private:
  void note_gradients(const std::vector<at::Tensor>& parameters);
  void stop_when_late(Trainer& trainer);
  void die_when_due(Trainer& trainer);

  const DrillSession session_;
  const std::chrono::steady_clock::time_point deadline_;
  std::string batch_;
  std::vector<TraceStep> trace_;
  std::map<const void*, Gradient> gradients_;
  bool out_of_time_ = false;
};

}  // namespace thexp::detail
