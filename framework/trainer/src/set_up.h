#pragma once

#include <optional>

#include "initial_weights.h"
#include "trainer_impl.h"

namespace thexp {

/// What a Trainer does before it runs, in order: the process, the run, what
/// the program registers, and the state that it goes on with.
class SetUp {
 public:
  SetUp(Trainer& trainer,
        TrainerImpl& impl,
        void (*default_callbacks)(Trainer&))
      : trainer_(trainer), impl_(impl), default_callbacks_(default_callbacks) {}

  /// Once; not again while it runs. @throws UsageError when it failed before.
  void run();

  /// Loads a state into what was set up, as a resume does.
  void load(const Checkpoint& checkpoint);

 private:
  enum class Stage { kNone, kRunning, kDone, kFailed };

  void find_beginning();
  void prepare_process();
  void compare_with_beginning();
  void create_run();
  void register_all();
  void check_best_metric() const;
  void check_state() const;
  void close_registration();
  void start_from_weights();
  void restore();
  void take_over();
  void after_load(const Checkpoint& checkpoint);

  Trainer& trainer_;
  TrainerImpl& impl_;
  void (*default_callbacks_)(Trainer&);
  Stage stage_ = Stage::kNone;
  std::optional<InitialWeights> weights_;  // read, and not loaded yet
};

}  // namespace thexp
