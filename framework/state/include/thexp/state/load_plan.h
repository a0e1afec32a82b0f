#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "thexp/state/state.h"
#include "thexp/state/stateful.h"

namespace thexp {

/// Loads several things, or none of them. What can be looked at beforehand is;
/// what shows only while it loads whether it fits is loaded next, and put back
/// when one of them does not; then the changes that cannot fail are made.
///
///     LoadPlan plan;
///     load_module_state(plan, "model 'net'", *net, state.at("net"));
///     plan.attempt("my part", part, state.at("part"));
///     plan.run();
class LoadPlan {
 public:
  using Change = std::function<void()>;

  /// Calls `prepare` now, which looks at a state, throws where it does not
  /// fit, and returns what run() shall do (nullptr: nothing); that must not
  /// throw. Returns whether it fits.
  bool prepare(const std::string& what, const std::function<Change()>& prepare);

  /// run() calls `target.load_state(state)`; both must live until then.
  void attempt(const std::string& what, Stateful& target, const State& state);

  /// The same with a getter and a setter of the state.
  void attempt(const std::string& what,
               std::function<State()> get,
               std::function<void(const State&)> set,
               const State& state);

  /// @throws FormatError listing all that does not fit, each under what it
  /// is; everything is then as it was before.
  void run();

 private:
  struct Attempt {
    std::string what;
    std::function<State()> get;
    std::function<void(const State&)> set;
    const State* state;
    State before;  // once it was tried
  };

  void add_problem(const std::string& what, const std::string& message);
  bool try_all();
  void restore(std::size_t tried);

  std::vector<std::string> problems_;
  std::vector<Attempt> attempts_;
  std::vector<Change> changes_;
};

}  // namespace thexp
