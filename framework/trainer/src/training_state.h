#pragma once

#include <array>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "allowed_changes.h"
#include "callback_list.h"
#include "fingerprint.h"
#include "metric_board.h"
#include "module_flags.h"
#include "position.h"
#include "registry.h"
#include "stop.h"
#include "thexp/state/load_plan.h"
#include "thexp/state/rnd_manager.h"
#include "thexp/state/state.h"

namespace thexp {

/// All that a checkpoint holds, under the keys that it has there (see
/// checkpoint.h). Each part is named once, for saving and for loading. Taking
/// a state writes nothing.
class TrainingState {
 public:
  struct Sources {
    const Registry& registry;
    CallbackList& callbacks;
    Position& position;
    Stop& stop;
    MetricBoard& metrics;
    std::array<bool, kPhases>& missing_data_said;
    ModuleFlags& flags;
    RndManager& rnd;
    const Fingerprint& fingerprint;
  };
  explicit TrainingState(const Sources& sources);

  /// Everything; what on_save() hooks add is in it, too.
  State take();

  /// The models and the optimizers alone.
  State weights() const;
  /// @throws FormatError; nothing is changed then.
  void load_weights(const State& weights);

  /// What a batch changes: weights, open windows, frozen parts, random
  /// numbers, kept members.
  State batch_state() const;
  /// What the hooks at the end of a step or an epoch change, as it is now.
  State hook_state() const;
  /// Puts what one of these gave into a whole state.
  static void replace_parts(State& whole, const State& before);

  /// Loads all of it or nothing. With other callbacks allowed, a new one begins
  /// as it is. @throws FormatError listing all that does not fit; everything
  /// is then as it was.
  void load(const State& state, const AllowedChanges& allowed);

 private:
  // An entry of "thexp". Without a `load` it is only compared.
  struct Part {
    const char* key;
    std::function<State()> get;
    std::function<void(LoadPlan&, const State&)> load;
  };

  void add_progress(const Sources& sources);
  void add_parts(const Sources& sources);
  void add_fingerprint(const Fingerprint& fingerprint);
  void add_kept(const char* key, const KeptMembers& kept, const char* title);
  State windows() const;
  State parts(const std::vector<std::string>& keys) const;
  void check_names(const State& state, const AllowedChanges& allowed) const;
  void plan_models(LoadPlan& plan, const State& state) const;
  void plan_optimizers(LoadPlan& plan,
                       const State& state,
                       std::deque<State>& adapted) const;

  const Registry& registry_;
  CallbackList& callbacks_;
  KeptMembers counters_, loop_;
  std::vector<Part> parts_;
};

}  // namespace thexp
