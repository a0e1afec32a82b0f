#include "thexp/state/converted_state.h"

#include <ATen/Functions.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "tensor_bytes.h"
#include "thexp/base/error.h"
#include "thexp/state/module_state.h"

namespace thexp {
namespace {

bool is_convertible(const State* own, const State& given) {
  if (own == nullptr || !given.is_tensor()) return false;
  at::ScalarType to = own->as_tensor().scalar_type();
  at::ScalarType from = given.as_tensor().scalar_type();
  return to != from && at::isFloatingType(to) && at::isFloatingType(from);
}

at::Tensor converted(const std::string& name,
                     const at::Tensor& from,
                     at::ScalarType type) {
  at::Tensor to = from.to(type);
  at::Tensor lost = from.isfinite().logical_and(to.isfinite().logical_not());
  auto count = lost.sum().item<int64_t>();
  if (count == 0) return to;
  throw FormatError(fmt::format("{} has {} values of {} that {} cannot hold",
                                name, count, dtype_name(from.scalar_type()),
                                dtype_name(type)));
}

}  // namespace

ConvertedState converted_to_module(const State& state,
                                   const torch::nn::Module& module) {
  ConvertedState result;
  State own = module_state(module);
  State::Dict entries;
  for (const auto& [key, given] : state.as_dict()) {
    const State* to = own.find(key);
    if (!is_convertible(to, given)) {
      entries.emplace_back(key, given);
      continue;
    }
    at::ScalarType type = to->as_tensor().scalar_type();
    const at::Tensor& tensor = given.as_tensor();
    entries.emplace_back(key, converted(key.to_string(), tensor, type));
    std::string what = fmt::format("{} to {}", dtype_name(tensor.scalar_type()),
                                   dtype_name(type));
    auto& all = result.conversions;
    if (std::find(all.begin(), all.end(), what) == all.end()) {
      all.push_back(what);
    }
  }
  result.state = std::move(entries);
  return result;
}

}  // namespace thexp
