#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "thexp/state/state.h"
#include "thexp/state/stateful.h"

namespace thexp {

/// Members that a checkpoint keeps, by name.
///
///     keeper.add("patience", patience_);
///     State saved = keeper.state();
///     keeper.load(saved);   // strict: missing and unexpected names are errors
///
/// The members must outlive the Keeper.
class Keeper {
 public:
  void add(const std::string& name, bool& member);
  void add(const std::string& name, int& member);
  void add(const std::string& name, std::int64_t& member);
  void add(const std::string& name, double& member);
  void add(const std::string& name, std::string& member);
  void add(const std::string& name, at::Tensor& member);
  void add(const std::string& name, std::vector<std::int64_t>& member);
  void add(const std::string& name, std::vector<double>& member);
  void add(const std::string& name, std::vector<at::Tensor>& member);
  void add(const std::string& name, Stateful& member);

  /// Anything else: how to take and how to give it.
  void add(const std::string& name,
           std::function<State()> take,
           std::function<void(const State&)> give);

  State state() const;

  /// @throws UsageError naming what is missing, unexpected or of another
  /// type; members before the faulty one may have been loaded then.
  void load(const State& state);

  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::string name;
    std::function<State()> take;
    std::function<void(const State&)> give;
  };

  std::vector<Entry> entries_;
};

}  // namespace thexp
