#pragma once

#include <exception>
#include <functional>
#include <string>

#include "thexp/base/value.h"
#include "thexp/state/kept_members.h"
#include "thexp/state/stateful.h"

namespace thexp {

class AvgMeter;
class Batch;
class CallbackList;
class Meter;
class OptimizerSlot;
struct PhaseProgress;
class Trainer;

/// What becomes of an exception that a callback was shown.
enum class ExceptionAction {
  kRethrow,    ///< not mine: goes on to the caller of train()
  kSkipBatch,  ///< the running batch is dropped, training goes on
  kStop        ///< training ends early, in order; train() returns
};

/// Something that happens around training. Derive from it and override the
/// hooks that you need; a hook that is not overridden costs nothing.
///
///     struct Heartbeat : thexp::Callback {
///       void on_epoch_end(thexp::Trainer& trainer) override {
///         trainer.logger().info("still here");
///       }
///     };
///     trainer.add_callback<Heartbeat>();
///
/// Members named in `keep("name", member)` (in the constructor) are saved in
/// every checkpoint and come back on a resume.
class Callback : public Stateful {
 public:
  /// Lower runs first, at begin hooks and at end hooks; ties run in the order
  /// of adding. An epoch's end therefore is: weights are changed, evaluated,
  /// observed, monitored, reported, committed.
  enum Priority : int {
    kFirst = 0,      ///< sees a batch before all others (ExceptionSave)
    kUnscale = 5,    ///< makes gradients what they are (GradScaler)
    kGuard = 10,     ///< rejects what is not finite (NanPolicy)
    kMutate = 20,    ///< changes weights or rates (schedules, EMA)
    kEvaluate = 40,  ///< runs evaluations
    kObserve = 50,   ///< the default: sees this epoch's evaluation
    kMonitor = 60,   ///< decides from metrics (early stopping, plateau)
    kReport = 80,    ///< writes what happened
    kCommit = 100    ///< saves
  };

  Callback() = default;
  ~Callback() override = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;

  virtual int priority() const { return kObserve; }

  /// What this is called: the class's name without its namespaces, unless
  /// overridden.
  virtual std::string name() const;

  /// True: a second one of the same name is refused when it is added, since
  /// both would do the same work.
  virtual bool only_once() const { return false; }

  /// The key of the state in checkpoints: name(), and of those that were
  /// added later under the same name "Ema#2", "Ema#3" in order of adding.
  /// Empty before it is added to a trainer.
  const std::string& key() const { return key_; }

  virtual void on_train_begin(Trainer&) {}
  /// The loop is over. What no checkpoint has yet is saved after it; that of an
  /// interrupted training before, as it goes on later.
  virtual void on_train_end(Trainer&) {}
  /// What training ended with is in a checkpoint, if it makes any: for what
  /// must come last. Comes again where a resume has nothing left to train.
  virtual void on_train_saved(Trainer&) {}
  virtual void on_epoch_begin(Trainer&) {}
  /// `trainer.train_meter()` holds the epoch's averages.
  virtual void on_epoch_end(Trainer&) {}
  virtual void on_batch_begin(Trainer&, const Batch&) {}
  virtual void on_batch_end(Trainer&, const Batch&, const Meter&) {}
  /// Between two steps, when the batch is over and counted: for what is done
  /// every n steps, such as an evaluation. The checkpoint of this step comes
  /// after it. Only called where wants_step_end() says so.
  virtual void on_step_end(Trainer&) {}
  /// Whether on_step_end() has something to do now. A step at which any
  /// callback says so costs more: the state that an interrupted evaluation
  /// would go back to is taken, and the run's files are flushed. One that acts
  /// seldom says when.
  virtual bool wants_step_end(const Trainer&) const { return true; }
  virtual void on_eval_begin(Trainer&) {}
  virtual void on_eval_end(Trainer&, const AvgMeter&) {}
  virtual void on_test_begin(Trainer&) {}
  virtual void on_test_end(Trainer&, const AvgMeter&) {}
  virtual void on_predict_begin(Trainer&) {}
  virtual void on_predict_end(Trainer&) {}
  /// After each batch of an evaluation, a test or a prediction.
  virtual void on_phase_batch_end(Trainer&, const PhaseProgress&) {}

  /// Around an optimizer's update. Gradients are complete (of the whole
  /// accumulation window) at the first; returning false there drops this
  /// update.
  virtual bool on_update_begin(Trainer&, OptimizerSlot&) { return true; }
  virtual void on_update_end(Trainer&, OptimizerSlot&) {}

  /// Shown every exception once, wherever in training it arose. The strongest
  /// answer of all callbacks counts (kStop over kSkipBatch over kRethrow).
  virtual ExceptionAction on_exception(Trainer&, const std::exception&) {
    return ExceptionAction::kRethrow;
  }

  /// An exception that no callback handled is about to end the run as failed;
  /// it goes on to the caller of train() afterwards. What is thrown here is
  /// logged, and the first exception stays the one that counts.
  virtual void on_failure(Trainer&, const std::exception&) {}

  /// The models' files were written (at the end of training). `info` is what
  /// was put beside them.
  virtual void on_save_models(Trainer&, const Value& /*info*/) {}

  /// Before a checkpoint is written, after one was loaded: for what is not a
  /// kept member.
  virtual void on_save(Trainer&, State&) {}
  virtual void on_load(Trainer&, const State&) {}

  /// The kept members. Override both for state of another kind.
  State state() const override { return kept_.state(); }
  void load_state(const State& state) override { kept_.load(state); }

 protected:
  /// Registers a member for checkpoints; call it in the constructor.
  template <typename T>
  void keep(const std::string& name, T& member) {
    kept_.add(name, member);
  }
  /// Anything else, by a function that gives its state and one that takes it.
  void keep(const std::string& name,
            std::function<State()> get,
            std::function<void(const State&)> set) {
    kept_.add(name, std::move(get), std::move(set));
  }

 private:
  friend class CallbackList;  // gives the key, and closes kept_

  KeptMembers kept_;
  std::string key_;
};

}  // namespace thexp
