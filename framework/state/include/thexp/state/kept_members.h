#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "thexp/state/load_plan.h"
#include "thexp/state/state.h"
#include "thexp/state/stateful.h"
#include "thexp/state/to_state.h"

namespace thexp {

/// Members that a checkpoint keeps, by name.
///
///     kept.add("patience", patience_);
///     State saved = kept.state();
///     kept.load(saved);   // strict: missing and unexpected names are errors
///
/// The members must outlive the KeptMembers. A name that is there already is a
/// UsageError, as is any after close().
class KeptMembers {
 public:
  void add(const std::string& name, bool& member);
  void add(const std::string& name, int& member);
  void add(const std::string& name, int64_t& member);
  void add(const std::string& name, double& member);
  void add(const std::string& name, std::string& member);
  void add(const std::string& name, at::Tensor& member);
  void add(const std::string& name, std::vector<int64_t>& member);
  void add(const std::string& name, std::vector<double>& member);
  void add(const std::string& name, std::vector<at::Tensor>& member);
  void add(const std::string& name, Stateful& member);

  /// What ToState can write: other numbers, random engines of the standard
  /// library, and containers of numbers, texts and tensors.
  template <typename T,
            std::enable_if_t<!std::is_base_of_v<Stateful, T>, int> = 0>
  void add(const std::string& name, T& member) {
    static_assert(
        detail::can_keep<T>::value,
        "keep(): a member is a number, a text, a tensor, a random engine of "
        "the standard library, a Stateful, or a vector, deque, array, "
        "optional, pair or map of those; for another, give a function that "
        "returns its State and one that takes it");
    add(
        name, [&member] { return ToState<T>::get(member); },
        [&member](const State& state) { ToState<T>::set(state, member); });
  }

  /// Anything else: a getter and a setter.
  void add(const std::string& name,
           std::function<State()> get,
           std::function<void(const State&)> set);

  State state() const;

  /// Members of a plain type (no tensor, no Stateful) take the values that they
  /// have in `saved`, an earlier state(), at once, and those that are added
  /// from now on when they are: what is made next can depend on them. A value
  /// that does not fit is left out; load() will tell. `saved` must live until
  /// close().
  void begin_with(const State& saved);

  /// A tensor keeps its identity (and goes on being trained) when the saved
  /// one has its shape and type.
  /// @throws FormatError naming what is missing, unexpected or of another
  /// type; all members are then as they were.
  void load(const State& state);

  /// The same as a part of a plan; `title` ("member") stands before their
  /// names. The members and the state must live until the plan was run.
  void load(LoadPlan& plan, const std::string& title, const State& state) const;

  /// From now on add() is a UsageError: what was saved is being loaded back, or
  /// would have been.
  void close();

  /// Whether a bool has another value than at close().
  bool a_flag_changed() const;

 private:
  using Change = LoadPlan::Change;

  // A member of a known type says beforehand whether a state fits; any other
  // shows it when one is set.
  struct Entry {
    std::string name;
    std::function<State()> get;
    std::function<Change(const State&)> prepare;
    std::function<void(const State&)> set;
    bool is_plain = false;
  };

  void check_names(const State& state) const;
  void add_entry(Entry entry);
  void give_saved_value(const Entry& entry) const;
  State flags() const;
  template <typename T, typename Read>
  void add_member(const std::string& name, T& member, Read read);

  std::vector<Entry> entries_;
  const State* saved_ = nullptr;  // until close()
  State flags_at_close_;
  bool closed_ = false;
};

}  // namespace thexp
