#include "training_state.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "checkpoint.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"

namespace thexp {
namespace {

State meters_state(const MetricBoard& metrics) {
  State meters{State::Dict{}};
  for (Phase phase : {Phase::kEval, Phase::kTest, Phase::kTrain}) {
    meters[phase_name(phase)] = State::from_value(metrics.of(phase).state());
  }
  return meters;
}

LoadPlan::Change prepare_meter(AvgMeter& meter, const State& state) {
  auto loaded = std::make_shared<AvgMeter>();
  loaded->load_state(state.to_value());
  return [&meter, loaded] { meter = std::move(*loaded); };
}

State callback_states(const CallbackList& callbacks) {
  State states{State::Dict{}};
  for (Callback* callback : callbacks.all()) {
    states[callback->key()] = callback->state();
  }
  return states;
}

// Both must name the same things.
void check_same_names(const std::string& what,
                      const State& saved,
                      const std::vector<std::string>& here,
                      bool may_add,
                      const std::string& hint = "") {
  NameDifference difference = compare_names(here, saved.names());
  if (may_add) difference.unexpected.clear();
  if (difference.empty()) return;
  throw FormatError(fmt::format(
      "the checkpoint's {} do not fit this program's: {}{}", what,
      difference.describe("missing in the checkpoint", "unknown here"), hint));
}

}  // namespace

TrainingState::TrainingState(const Sources& sources)
    : registry_(sources.registry), callbacks_(sources.callbacks) {
  add_progress(sources);
  add_parts(sources);
  add_fingerprint(sources.fingerprint);
}

void TrainingState::add_progress(const Sources& from) {
  from.position.keep_counters(counters_);
  add_kept("progress", counters_, "counter");
  from.position.keep_flags(loop_);
  from.stop.keep_in(loop_);
  from.metrics.keep_in(loop_);
  auto& said = from.missing_data_said;
  loop_.add("missing_eval_said", said[index_of(Phase::kEval)]);
  loop_.add("missing_test_said", said[index_of(Phase::kTest)]);
  add_kept("loop", loop_, "loop position");
}

void TrainingState::add_parts(const Sources& from) {
  ModuleFlags& flags = from.flags;
  RndManager& rnd = from.rnd;
  MetricBoard& metrics = from.metrics;
  CallbackList& callbacks = from.callbacks;
  parts_.push_back({"flags", [&flags] { return flags.state(); },
                    [&flags](LoadPlan& plan, const State& state) {
                      flags.load(plan, state);
                    }});
  parts_.push_back({"random", [&rnd] { return rnd.state(); },
                    [&rnd](LoadPlan& plan, const State& state) {
                      // Where devices may differ, that was allowed before.
                      auto set = [&rnd](const State& given) {
                        rnd.load_state(given, CudaGenerators::kCommon);
                      };
                      plan.attempt(
                          "random state", [&rnd] { return rnd.state(); }, set,
                          state);
                    }});
  parts_.push_back(
      {"meters", [&metrics] { return meters_state(metrics); },
       [&metrics](LoadPlan& plan, const State& state) {
         for (Phase phase : {Phase::kTrain, Phase::kEval, Phase::kTest}) {
           plan.prepare("meters", [&] {
             return prepare_meter(metrics.of(phase),
                                  state.at(phase_name(phase)));
           });
         }
       }});
  // Loaded with its optimizer.
  parts_.push_back({"windows", [this] { return windows(); }, nullptr});
  parts_.push_back(
      {"callbacks", [&callbacks] { return callback_states(callbacks); },
       [&callbacks](LoadPlan& plan, const State& state) {
         for (Callback* callback : callbacks.all()) {
           const std::string& key = callback->key();
           const State* saved = state.find(key);
           if (saved == nullptr) continue;  // a new one
           plan.attempt(fmt::format("callback '{}'", key), *callback, *saved);
         }
       }});
  add_kept("kept", registry_.kept(), "kept member");
}

void TrainingState::add_fingerprint(const Fingerprint& now) {
  auto add = [this](const char* key, std::function<State()> get) {
    parts_.push_back({key, std::move(get), nullptr});
  };
  add("params", [&now] { return State::from_value(now.params); });
  add("data", [&now] { return State::from_value(now.data); });
  add("code", [&now] { return State(now.code); });
  add("device", [&now] { return State::from_value(now.device); });
  add("hardware", [&now] { return State(now.hardware); });
  add("threads", [] { return State(int64_t{at::get_num_threads()}); });
}

void TrainingState::add_kept(const char* key,
                             const KeptMembers& kept,
                             const char* title) {
  parts_.push_back({key, [&kept] { return kept.state(); },
                    [&kept, title](LoadPlan& plan, const State& state) {
                      kept.load(plan, title, state);
                    }});
}

State TrainingState::windows() const {
  State windows{State::Dict{}};
  for (const auto& slot : registry_.optimizers()) {
    windows[slot->name()] = slot->slot_state();
  }
  return windows;
}

State TrainingState::weights() const {
  State state{State::Dict{}};
  for (const auto& [name, model] : registry_.models()) {
    state[name] = module_state(*model);
  }
  for (const auto& slot : registry_.optimizers()) {
    state[slot->name()] = optimizer_state(slot->optimizer());
  }
  return state;
}

State TrainingState::take() {
  State state = weights();
  State own{State::Dict{{"format", Checkpoint::kFormat}}};
  for (const Part& part : parts_) own[part.key] = part.get();
  state[Checkpoint::kOwn] = std::move(own);
  if (!callbacks_.has(kSave)) return state;
  callbacks_.call<kSave>(state);
  // What the hooks changed of their own is part of this state.
  State& now = state[Checkpoint::kOwn];
  for (const Part& part : parts_) now[part.key] = part.get();
  return state;
}

State TrainingState::batch_state() const {
  State state = weights();
  state[Checkpoint::kOwn] = parts({"flags", "random", "windows", "kept"});
  return state;
}

State TrainingState::hook_state() const {
  State state{State::Dict{}};
  state[Checkpoint::kOwn] =
      parts({"progress", "loop", "random", "callbacks", "kept"});
  return state;
}

State TrainingState::parts(const std::vector<std::string>& keys) const {
  State some{State::Dict{}};
  for (const Part& part : parts_) {
    bool is_one = std::find(keys.begin(), keys.end(), part.key) != keys.end();
    if (is_one) some[part.key] = part.get();
  }
  return some;
}

void TrainingState::replace_parts(State& whole, const State& before) {
  for (const auto& [key, part] : before.as_dict()) {
    if (key != State::Key(Checkpoint::kOwn)) whole[key] = part;
  }
  for (const auto& [key, part] : before.at(Checkpoint::kOwn).as_dict()) {
    whole[Checkpoint::kOwn][key] = part;
  }
}

void TrainingState::check_names(const State& state,
                                const AllowedChanges& allowed) const {
  std::vector<std::string> names = {Checkpoint::kOwn}, callback_names;
  for (const auto& [name, model] : registry_.models()) names.push_back(name);
  for (const auto& slot : registry_.optimizers()) {
    names.push_back(slot->name());
  }
  for (Callback* callback : callbacks_.all()) {
    callback_names.push_back(callback->key());
  }
  // What an on_save() added is for an on_load() to know.
  bool may_add = callbacks_.has(kLoad);
  check_same_names("models and optimizers", state, names, may_add);
  if (allowed.allows("callbacks")) return;
  check_same_names("callbacks", state.at(Checkpoint::kOwn).at("callbacks"),
                   callback_names, false,
                   fmt::format("\n({} goes on without those that are gone, and "
                               "begins with new ones)",
                               allowed.flag_with("callbacks")));
}

void TrainingState::plan_models(LoadPlan& plan, const State& state) const {
  for (const auto& [name, model] : registry_.models()) {
    load_module_state(plan, fmt::format("model '{}'", name), *model,
                      state.at(name));
  }
}

// `adapted` holds the optimizers' states until the plan was run.
void TrainingState::plan_optimizers(LoadPlan& plan,
                                    const State& state,
                                    std::deque<State>& adapted) const {
  const State& windows = state.at(Checkpoint::kOwn).at("windows");
  for (const auto& slot : registry_.optimizers()) {
    std::string what = fmt::format("optimizer '{}'", slot->name());
    const State& window = windows.at(slot->name());
    adapted.push_back(slot->adopt_new_options(state.at(slot->name()), window));
    load_optimizer_state(plan, what, slot->optimizer(), adapted.back());
    plan.prepare(what, [&slot = *slot, &window] {
      return slot.prepare_slot_state(window);
    });
  }
}

void TrainingState::load(const State& state, const AllowedChanges& allowed) {
  const State& own = state.at(Checkpoint::kOwn);
  check_names(state, allowed);
  LoadPlan plan;
  std::deque<State> adapted;
  plan_models(plan, state);
  plan_optimizers(plan, state, adapted);
  for (const Part& part : parts_) {
    if (part.load) part.load(plan, own.at(part.key));
  }
  plan.run();
}

void TrainingState::load_weights(const State& weights) {
  LoadPlan plan;
  plan_models(plan, weights);
  for (const auto& slot : registry_.optimizers()) {
    load_optimizer_state(plan, fmt::format("optimizer '{}'", slot->name()),
                         slot->optimizer(), weights.at(slot->name()));
  }
  plan.run();
}

}  // namespace thexp
