#pragma once

#include <ATen/ops/scalar_tensor.h>

#include <cstdint>
#include <tuple>
#include <utility>

#include "optimizer_fields.h"
#include "thexp/state/libtorch_compat.h"
#include "thexp/state/state.h"

namespace thexp {

/// Python's dtype for a step is float32; beyond 2^24 that is not exact.
inline at::Tensor step_tensor(int64_t step) {
  constexpr int64_t kExact = int64_t{1} << 24;
  return at::scalar_tensor(step, step <= kExact ? at::kFloat : at::kDouble);
}

struct OptionWriter {
  State& group;

  void operator()(const char* name, double value) { group[name] = value; }
  void operator()(const char* name, bool value) { group[name] = value; }
  void operator()(const char* name, const std::tuple<double, double>& pair) {
    group[name] = State::List{std::get<0>(pair), std::get<1>(pair)};
  }
};

struct ParamStateWriter {
  State& entry;

  template <typename ParamState>
  void step(const ParamState& state) {
    entry["step"] = step_tensor(state.step());
  }
  void tensor(const char* name, const at::Tensor& value, bool) {
    if (value.defined()) entry[name] = value;
  }
};

template <typename Fields>
State write_optimizer(const torch::optim::Optimizer& optimizer) {
  State::Dict states;
  State::List groups;
  int64_t index = 0;
  for (const auto& group : optimizer.param_groups()) {
    // The visitors serve reading too, so they want what is not const.
    auto options =
        static_cast<const typename Fields::Options&>(group.options());
    State written = State::Dict{};
    Fields::options(options, OptionWriter{written});
    State::List indexes;
    for (const at::Tensor& parameter : group.params()) {
      const auto& all = optimizer.state();
      auto found = all.find(optimizer_key(all, parameter));
      if (found != all.end()) {
        auto state =
            static_cast<const typename Fields::ParamState&>(*found->second);
        State entry = State::Dict{};
        Fields::state(state, options, ParamStateWriter{entry});
        states.emplace_back(index, std::move(entry));
      }
      indexes.push_back(index++);
    }
    written["params"] = indexes;
    groups.push_back(written);
  }
  return State::Dict{{"state", states}, {"param_groups", groups}};
}

}  // namespace thexp
