#pragma once

#include <fmt/format.h>

#include <cmath>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "optimizer_fields.h"
#include "tensor_bytes.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/libtorch_compat.h"
#include "thexp/state/state.h"

namespace thexp {

using Problems = std::vector<std::string>;

/// A real number, also as a tensor of one element; false when it is neither.
bool read_real(const State& state, double& out);

/// Reads the options of one group and remembers their names.
class OptionReader {
 public:
  OptionReader(const State& group,
               std::string path,
               bool decouples,
               Problems& problems)
      : group_(group),
        path_(std::move(path)),
        decouples_(decouples),
        problems_(problems) {}

  void operator()(const char* name, double& value);
  void operator()(const char* name, bool& value);
  void operator()(const char* name, std::tuple<double, double>& value);
  void operator()(const char* name, int64_t& value);
  void operator()(const char* name, c10::optional<int64_t>& value);
  void operator()(const char* name, c10::optional<std::string>& value);

  /// Looks at the names that were not asked for: Python's options that change
  /// no result pass, those that would must be as this optimizer is.
  void finish();

 private:
  const State* take(const char* name);
  void check_other(const std::string& name, const State& value);
  void wrong(const char* name, const char* wanted, const State& given);

  const State& group_;
  std::string path_;
  bool decouples_;
  Problems& problems_;
  std::set<std::string> known_{"params"};
};

/// Reads the state of one parameter.
class ParamStateReader {
 public:
  ParamStateReader(const State& entry,
                   const at::Tensor& parameter,
                   std::string path,
                   Problems& problems)
      : entry_(entry),
        parameter_(parameter),
        path_(std::move(path)),
        problems_(problems) {}

  template <typename ParamState>
  void step(ParamState& state) {
    state.step(read_step());
  }
  void tensor(const char* name, at::Tensor& out, bool required);

  // Of LBFGS: counts, numbers, and tensors of any length.
  void count(const char* name, int64_t& out);
  void real(const char* name, double& out);
  void flat(const char* name, at::Tensor& out);
  void list(const char* name, std::deque<at::Tensor>& out);
  void list(const char* name, c10::optional<std::vector<at::Tensor>>& out);

  /// Names that were not asked for are problems.
  void finish();

  /// Whether anything was there; Python's SGD keeps empty entries.
  bool any() const { return any_; }

 private:
  int64_t read_step();
  const State* take(const char* name);
  at::Tensor read_flat(const std::string& path, const State& given);
  std::vector<at::Tensor> read_flats(const char* name, const State& given);

  const State& entry_;
  const at::Tensor& parameter_;
  std::string path_;
  Problems& problems_;
  std::set<std::string> known_;
  bool any_ = false;
};

/// The list under "param_groups" and the dict under "state", with as many
/// groups and parameters as the optimizer has. @throws FormatError if not.
void check_optimizer_layout(const torch::optim::Optimizer& optimizer,
                            const State& state);

/// The state's entry for the parameter that a group has at a place.
const State* param_entry(const State& state,
                         std::size_t group,
                         std::size_t place);

/// Reads all into new objects, and only when all of it fits into the optimizer.
template <typename Fields>
class OptimizerReader {
 public:
  OptimizerReader(torch::optim::Optimizer& optimizer, const State& state)
      : optimizer_(optimizer), state_(state) {}

  /// @throws FormatError; the optimizer is unchanged, as it is after this.
  void read() {
    check_optimizer_layout(optimizer_, state_);
    for (std::size_t i = 0; i < optimizer_.param_groups().size(); ++i) {
      read_group(i);
    }
    if (!problems_.empty()) {
      throw FormatError("the state does not fit the optimizer:\n  " +
                        join(problems_, "\n  "));
    }
  }

  void apply() {
    for (std::size_t i = 0; i < options_.size(); ++i) {
      optimizer_.param_groups()[i].set_options(std::move(options_[i]));
    }
    optimizer_.state().clear();
    for (auto& [parameter, state] : states_) {
      auto& all = optimizer_.state();
      all[optimizer_key(all, parameter)] = std::move(state);
    }
  }

 private:
  using Options = typename Fields::Options;
  using ParamState = typename Fields::ParamState;

  void read_group(std::size_t index) {
    auto& group = optimizer_.param_groups()[index];
    auto options =
        std::make_unique<Options>(static_cast<Options&>(group.options()));
    OptionReader reader(state_.at("param_groups").at(index),
                        fmt::format("param_groups/{}", index),
                        Fields::kDecouplesWeightDecay, problems_);
    Fields::options(*options, reader);
    reader.finish();
    for (std::size_t place = 0; place < group.params().size(); ++place) {
      read_parameter(index, place, *options);
    }
    options_.push_back(std::move(options));
  }

  void read_parameter(std::size_t group, std::size_t place, Options& options) {
    const State& index =
        state_.at("param_groups").at(group).at("params").at(place);
    std::string path = fmt::format("state/{}", index.as_integer());
    const State* entry = param_entry(state_, group, place);
    if (entry == nullptr) {
      if (Fields::kAlwaysHasState) problems_.push_back(path + " is missing");
      return;
    }
    const at::Tensor& parameter =
        optimizer_.param_groups()[group].params()[place];
    auto state = std::make_unique<ParamState>();
    ParamStateReader reader(*entry, parameter, path, problems_);
    Fields::state(*state, options, reader);
    reader.finish();
    if (reader.any()) states_.emplace_back(parameter, std::move(state));
  }

  torch::optim::Optimizer& optimizer_;
  const State& state_;
  Problems problems_;
  std::vector<std::unique_ptr<Options>> options_;
  std::vector<std::pair<at::Tensor, std::unique_ptr<ParamState>>> states_;
};

}  // namespace thexp
