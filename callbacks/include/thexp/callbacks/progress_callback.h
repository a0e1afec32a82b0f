#pragma once

#include <chrono>
#include <string>

#include "thexp/trainer/callback.h"

namespace thexp {

/// The inline line: `epoch 1/10 | 125/250 | @loss=0.21(0.33) | 48.2k ex/s |
/// 2s < 2s`. It formats (and reads meters) only when the console asks for
/// another frame, at most ten times a second; any other step costs one look
/// at a flag.
class ProgressCallback : public Callback {
 public:
  int priority() const override { return kReport; }
  bool only_once() const override { return true; }
  void on_train_begin(Trainer& trainer) override;
  void on_epoch_begin(Trainer& trainer) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;

 private:
  std::string frame(const Trainer& trainer) const;

  std::chrono::steady_clock::time_point begin_;
  int64_t first_batch_ = 0;
  int64_t last_batch_ = 0;
  int64_t first_example_ = 0;
};

}  // namespace thexp
