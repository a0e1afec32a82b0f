#pragma once

#include <vector>

#include "ATen/core/Tensor.h"
#include "thexp/state/async_saver.h"
#include "thexp/trainer/callback.h"

namespace thexp {

/// What happens when gradients are not finite.
class NanPolicy : public Callback {
 public:
  enum class Action {
    kStop,     ///< training ends with an error that names the step
    kSkip,     ///< this update is dropped, the models' buffers (batch norm's)
               ///< go back to before the batches it was made of; training
               ///< goes on with the next batch
    kRollBack  ///< models and optimizers go back to the last snapshot, and
               ///< training goes on with the next batch: the data that led
               ///< there is not seen again; learning rates stay
  };

  /// `snapshot_every`: steps between two snapshots for kRollBack (one is taken
  /// at the beginning, too); it is part of the checkpoint. One that comes due
  /// inside of an accumulation window waits for its end: what a batch in it has
  /// done is not known to be good before. After `max_events` skips or
  /// roll-backs in a run training ends with an error. Finding out reads one
  /// number an update: on a GPU that waits for the device. For kSkip the
  /// buffers are copied before each batch that follows an update, where they
  /// are: no wait.
  /// @throws UsageError when a number is below 1.
  explicit NanPolicy(Action action,
                     int64_t max_events = 10,
                     int64_t snapshot_every = 100);

  int priority() const override { return kGuard; }
  bool only_once() const override { return true; }
  void on_train_begin(Trainer& trainer) override;
  void on_batch_begin(Trainer& trainer, const Batch& batch) override;
  void on_batch_end(Trainer& trainer,
                    const Batch& batch,
                    const Meter& meter) override;
  void on_epoch_end(Trainer& trainer) override;
  bool on_update_begin(Trainer& trainer, OptimizerSlot& slot) override;

  State state() const override;
  void load_state(const State& state) override;

  /// Skips and roll-backs so far.
  int64_t events() const { return events_; }

 private:
  void collect_buffers(const Trainer& trainer);
  bool has_copies() const { return kept_buffers_.size() == buffers_.size(); }
  void copy_buffers();
  void undo(Trainer& trainer);
  bool snapshot_is_due(const Trainer& trainer) const;
  void take_snapshot(const Trainer& trainer);
  void place_snapshot(const Trainer& trainer);
  void roll_back(Trainer& trainer);

  Action action_;
  int64_t max_events_;
  int64_t snapshot_every_;
  int64_t events_ = 0;
  bool undo_due_ = false;  // a bad update was dropped, its traces are there
  bool passed_ = true;     // the last batch ended with a good update

  // Of kSkip: the models' buffers, and how they were before the first batch
  // that no update has passed yet.
  std::vector<at::Tensor> buffers_, kept_buffers_;

  // Of kRollBack.
  StateBuffer snapshot_{StateBuffer::Place::kSame};
  const State* taken_ = nullptr;  // what the buffer holds
  int64_t snapshot_step_ = -1;
  int64_t snapshot_parameters_ = -1;  // what the optimizers trained then
  bool restored_ = false;
};

}  // namespace thexp
