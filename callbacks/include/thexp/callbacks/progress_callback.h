#pragma once

#include <map>
#include <optional>
#include <string>

#include "thexp/tracking/pace.h"
#include "thexp/trainer/callback.h"
#include "thexp/trainer/phase.h"

namespace thexp {

/// The inline line of a training:
///
///     epoch 1/10 | 125/250 | @loss=0.21(0.33) | 1m05s left | 0m02s < 0m02s |
///     lr 0.05 | 48.2k ex/s
///
/// with the time left of the whole training, and that of the epoch: passed <
/// left. A training by steps has one position, that of all of it:
/// `step 500/2000 | @loss=0.21(0.33) | 0m12s < 0m36s | …`. An evaluation, a
/// test and a prediction have a line of their own: `epoch 1/10 | eval | 3/12 |
/// 0m01s < 0m03s | 70.1k ex/s`.
///
/// It formats (and reads meters) only when the console asks for another frame,
/// at most ten times a second; any other step costs one look at a flag. What
/// came of an epoch or an evaluation is for others to write: at its end the
/// line is taken back.
class ProgressCallback : public Callback {
 public:
  int priority() const override { return kReport; }
  bool only_once() const override { return true; }
  void on_train_begin(Trainer& trainer) override;
  void on_epoch_begin(Trainer& trainer) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  void on_eval_begin(Trainer& trainer) override;
  void on_test_begin(Trainer& trainer) override;
  void on_predict_begin(Trainer& trainer) override;
  void on_phase_batch_end(Trainer& trainer, const PhaseProgress& at) override;

 private:
  std::string frame(const Trainer& trainer) const;
  std::string frame(const Trainer& trainer, const PhaseProgress& at) const;
  void begin_phase(Trainer& trainer, Phase phase);

  std::optional<Pace> training_;          // in steps, of this process
  Pace epoch_;                            // in batches
  Pace examples_;                         // of the epoch
  std::map<std::string, double> counts_;  // of Meter::rate(), of the epoch
  Pace phase_;                            // in batches of an evaluation
  std::optional<int64_t> last_batch_;
  std::optional<int64_t> last_step_;
};

}  // namespace thexp
