#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>

#include "thexp/base/value.h"
#include "thexp/state/kept_members.h"
#include "thexp/state/stateful.h"

namespace thexp {

class AvgMeter;
class Batch;
class CallbackList;
class Meter;
class OptimizerSlot;
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
  virtual void on_eval_begin(Trainer&) {}
  virtual void on_eval_end(Trainer&, const AvgMeter&) {}
  virtual void on_test_begin(Trainer&) {}
  virtual void on_test_end(Trainer&, const AvgMeter&) {}
  virtual void on_predict_begin(Trainer&) {}
  virtual void on_predict_end(Trainer&) {}

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

  /// An exception that nobody took upon himself is about to end the run as
  /// failed; it goes on to the caller of train() afterwards. What is thrown
  /// here is logged and takes nothing from the first exception.
  virtual void on_failure(Trainer&, const std::exception&) {}

  /// The models' files were written (at the end of training). `info` is what
  /// was put beside them.
  virtual void on_save_models(Trainer&, const Value& /*info*/) {}

  /// Before a checkpoint is written, after one was loaded: for what is not a
  /// kept member.
  virtual void on_save(Trainer&, State&) {}
  virtual void on_load(Trainer&, const State&) {}

  /// The kept members. Override both for state of another kind.
  State state() const override { return keeper_.state(); }
  void load_state(const State& state) override { keeper_.load(state); }

 protected:
  /// Registers a member for checkpoints; call it in the constructor.
  template <typename T>
  void keep(const std::string& name, T& member) {
    keeper_.add(name, member);
  }

 private:
  friend class CallbackList;  // gives the key, and closes the keeper

  KeptMembers keeper_;
  std::string key_;
};

/// One bit a hook: which of them a callback overrides.
enum Hook : std::uint32_t {
  kTrainBegin = 1u << 0,
  kTrainEnd = 1u << 1,
  kEpochBegin = 1u << 2,
  kEpochEnd = 1u << 3,
  kBatchBegin = 1u << 4,
  kBatchEnd = 1u << 5,
  kEvalBegin = 1u << 6,
  kEvalEnd = 1u << 7,
  kTestBegin = 1u << 8,
  kTestEnd = 1u << 9,
  kUpdateBegin = 1u << 10,
  kUpdateEnd = 1u << 11,
  kException = 1u << 12,
  kSave = 1u << 13,
  kLoad = 1u << 14,
  kPredictBegin = 1u << 15,
  kPredictEnd = 1u << 16,
  kFailure = 1u << 17,
  kSaveModels = 1u << 18,
  kTrainSaved = 1u << 19,
  kAllHooks = (1u << 20) - 1
};

namespace detail {

// A hook's address has the type `R (Callback::*)(…)` exactly when no class
// below Callback overrides it. Where the address cannot be taken (a private
// or overloaded override) the hook counts as overridden: never missed.
#define THEXP_HOOK_TEST(method)                                   \
  template <typename C, typename = void>                          \
  struct overrides_##method : std::true_type {};                  \
  template <typename C>                                           \
  struct overrides_##method<C, std::void_t<decltype(&C::method)>> \
      : std::bool_constant<!std::is_same_v<decltype(&C::method),  \
                                           decltype(&Callback::method)>> {};
THEXP_HOOK_TEST(on_train_begin)
THEXP_HOOK_TEST(on_train_end)
THEXP_HOOK_TEST(on_epoch_begin)
THEXP_HOOK_TEST(on_epoch_end)
THEXP_HOOK_TEST(on_batch_begin)
THEXP_HOOK_TEST(on_batch_end)
THEXP_HOOK_TEST(on_eval_begin)
THEXP_HOOK_TEST(on_eval_end)
THEXP_HOOK_TEST(on_test_begin)
THEXP_HOOK_TEST(on_test_end)
THEXP_HOOK_TEST(on_update_begin)
THEXP_HOOK_TEST(on_update_end)
THEXP_HOOK_TEST(on_exception)
THEXP_HOOK_TEST(on_save)
THEXP_HOOK_TEST(on_load)
THEXP_HOOK_TEST(on_predict_begin)
THEXP_HOOK_TEST(on_predict_end)
THEXP_HOOK_TEST(on_failure)
THEXP_HOOK_TEST(on_save_models)
THEXP_HOOK_TEST(on_train_saved)
#undef THEXP_HOOK_TEST

}  // namespace detail

/// The hooks that `C` overrides. All of them for Callback itself, whose real
/// type is not known here.
template <typename C>
constexpr std::uint32_t overridden_hooks() {
  if constexpr (std::is_same_v<C, Callback>) {
    return kAllHooks;
  } else {
    using namespace detail;
    return (overrides_on_train_begin<C>::value ? kTrainBegin : 0u) |
           (overrides_on_train_end<C>::value ? kTrainEnd : 0u) |
           (overrides_on_epoch_begin<C>::value ? kEpochBegin : 0u) |
           (overrides_on_epoch_end<C>::value ? kEpochEnd : 0u) |
           (overrides_on_batch_begin<C>::value ? kBatchBegin : 0u) |
           (overrides_on_batch_end<C>::value ? kBatchEnd : 0u) |
           (overrides_on_eval_begin<C>::value ? kEvalBegin : 0u) |
           (overrides_on_eval_end<C>::value ? kEvalEnd : 0u) |
           (overrides_on_test_begin<C>::value ? kTestBegin : 0u) |
           (overrides_on_test_end<C>::value ? kTestEnd : 0u) |
           (overrides_on_update_begin<C>::value ? kUpdateBegin : 0u) |
           (overrides_on_update_end<C>::value ? kUpdateEnd : 0u) |
           (overrides_on_exception<C>::value ? kException : 0u) |
           (overrides_on_save<C>::value ? kSave : 0u) |
           (overrides_on_load<C>::value ? kLoad : 0u) |
           (overrides_on_predict_begin<C>::value ? kPredictBegin : 0u) |
           (overrides_on_predict_end<C>::value ? kPredictEnd : 0u) |
           (overrides_on_failure<C>::value ? kFailure : 0u) |
           (overrides_on_save_models<C>::value ? kSaveModels : 0u) |
           (overrides_on_train_saved<C>::value ? kTrainSaved : 0u);
  }
}

}  // namespace thexp
