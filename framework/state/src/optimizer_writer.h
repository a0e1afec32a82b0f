#pragma once

#include <ATen/ops/scalar_tensor.h>

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

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
  void operator()(const char* name, int64_t value) { group[name] = value; }
  template <typename T>
  void operator()(const char* name, const c10::optional<T>& value) {
    group[name] = value ? State(*value) : State();
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
  void count(const char* name, int64_t value) { entry[name] = value; }
  void real(const char* name, double value) { entry[name] = value; }
  void flat(const char* name, const at::Tensor& value) {
    entry[name] = value.defined() ? State(value) : State();
  }
  template <typename Tensors>
  void list(const char* name, const Tensors& values) {
    State::List items;
    for (const at::Tensor& value : values) {
      items.push_back(value.defined() ? State(value) : State());
    }
    entry[name] = std::move(items);
  }
  void list(const char* name,
            const c10::optional<std::vector<at::Tensor>>& values) {
    values ? list(name, *values) : void(entry[name] = State());
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
