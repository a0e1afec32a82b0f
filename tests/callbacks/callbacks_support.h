#pragma once

#include <ATen/ops/full.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/file.h"
#include "toy_trainer.h"

namespace thexp_test {

/// Does what it is told at a hook.
class Probe : public thexp::Callback {
 public:
  explicit Probe(int priority = kReport, std::string name = "Probe")
      : priority_(priority), name_(std::move(name)) {}

  int priority() const override { return priority_; }
  std::string name() const override { return name_; }

  void on_epoch_end(thexp::Trainer& trainer) override {
    if (at_epoch_end) at_epoch_end(trainer);
  }
  void on_batch_begin(thexp::Trainer& trainer, const thexp::Batch&) override {
    if (at_batch_begin) at_batch_begin(trainer);
  }
  void on_batch_end(thexp::Trainer& trainer,
                    const thexp::Batch&,
                    const thexp::Meter&) override {
    if (at_batch_end) at_batch_end(trainer);
  }
  bool on_update_begin(thexp::Trainer&, thexp::OptimizerSlot& slot) override {
    if (at_update_begin) at_update_begin(slot);
    return true;
  }
  void on_update_end(thexp::Trainer&, thexp::OptimizerSlot& slot) override {
    if (at_update_end) at_update_end(slot);
  }
  void on_eval_end(thexp::Trainer& trainer, const thexp::AvgMeter&) override {
    if (at_eval_end) at_eval_end(trainer);
  }
  void on_test_end(thexp::Trainer& trainer, const thexp::AvgMeter&) override {
    if (at_test_end) at_test_end(trainer);
  }

  using Action = std::function<void(thexp::Trainer&)>;
  using SlotAction = std::function<void(thexp::OptimizerSlot&)>;
  Action at_epoch_end, at_batch_begin, at_batch_end, at_eval_end, at_test_end;
  SlotAction at_update_begin, at_update_end;

 private:
  int priority_;
  std::string name_;
};

/// For change_eval_loss: the listed losses, one a call, then the last again.
inline std::function<at::Tensor(const at::Tensor&)> script(
    std::vector<double> losses) {
  return [losses = std::move(losses),
          next = std::size_t{0}](const at::Tensor& loss) mutable {
    double value = losses[std::min(next++, losses.size() - 1)];
    return at::full({}, value, loss.options());
  };
}

/// What the trainer's console.log holds by now.
inline std::string log_of(thexp::Trainer& trainer) {
  trainer.logger().flush();
  return thexp::read_file(trainer.active_run().console_log());
}

/// Parameters for `epochs` epochs, each evaluated in one batch.
inline void set_epochs(ToyParams& params, int64_t epochs) {
  params.epoch = epochs;
  params.batch_size = 12;
}

}  // namespace thexp_test
