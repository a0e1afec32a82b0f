#include "thexp/state/module_state.h"

#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor_bytes.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/base/text.h"
#include "thexp/state/tensor_lists.h"

namespace thexp {
namespace {

using Names = std::vector<std::pair<std::string, at::Tensor>>;

// Python's order: a module's parameters, its buffers, then its children.
void collect(const torch::nn::Module& module,
             const std::string& prefix,
             Names& names) {
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    names.emplace_back(prefix + item.key(), item.value());
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    names.emplace_back(prefix + item.key(), item.value());
  }
  for (const auto& child : module.named_children()) {
    collect(*child.value(), prefix + child.key() + ".", names);
  }
}

Names names_of(const torch::nn::Module& module) {
  Names names;
  collect(module, "", names);
  return names;
}

using Copies = std::vector<std::pair<at::Tensor, at::Tensor>>;  // to, from

std::string line(const char* title, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  return fmt::format("\n  {}: {}", title, join(names, "; "));
}

// Compares names and tensors; what fits is a copy to do, the rest a problem.
class Match {
 public:
  Match(const torch::nn::Module& module, const State& state) {
    std::unordered_map<std::string, const State*> given;
    for (const auto& [key, value] : state.as_dict()) {
      given[key.to_string()] = &value;
    }
    std::vector<std::string> expected;
    for (const auto& [name, tensor] : names_of(module)) {
      expected.push_back(name);
      auto found = given.find(name);
      if (found != given.end()) compare(name, tensor, *found->second);
    }
    NameDifference difference = compare_names(expected, state.names());
    report_.missing = std::move(difference.missing);
    report_.unexpected = std::move(difference.unexpected);
  }

  void require_fit(bool strict) const {
    std::string problems = line("wrong", wrong_);
    if (strict) {
      problems = line("missing", report_.missing) +
                 line("unexpected", report_.unexpected) + problems;
    }
    if (!problems.empty()) {
      throw FormatError("the state does not fit the module:" + problems);
    }
  }

  const Copies& copies() const { return copies_; }
  const ModuleLoad& report() const { return report_; }

 private:
  void compare(const std::string& name,
               const at::Tensor& to,
               const State& from) {
    bool fits = from.is_tensor() && from.as_tensor().sizes() == to.sizes() &&
                from.as_tensor().scalar_type() == to.scalar_type();
    if (!fits) {
      wrong_.push_back(fmt::format("{} is {}, not {}", name, from.describe(),
                                   describe_tensor(to)));
      return;
    }
    at::Tensor source = without_repeats(from.as_tensor(), to.strides());
    bool is_expanded = source.sizes() != to.sizes();
    if (is_expanded &&
        !same_tensor_bits(source.expand(to.sizes()), from.as_tensor())) {
      wrong_.push_back(fmt::format(
          "{} has other values where it is one value, expanded", name));
      return;
    }
    report_.loaded.push_back(name);
    copies_.emplace_back(without_repeats(to), source);
  }

  std::vector<std::string> wrong_;
  ModuleLoad report_;
  Copies copies_;
};

Match matched(const torch::nn::Module& module,
              const State& state,
              bool strict) {
  if (!state.is_dict()) {
    throw FormatError("a module's state is a dict of its names, not " +
                      state.describe());
  }
  Match match(module, state);
  match.require_fit(strict);
  return match;
}

void apply(const Copies& copies) {
  c10::NoGradGuard no_gradient;
  for (const auto& [target, from] : copies) {
    at::Tensor to = target;
    to.copy_(from);
  }
}

}  // namespace

State module_state(const torch::nn::Module& module) {
  State::Dict dict;
  for (auto& [name, tensor] : names_of(module)) {
    dict.emplace_back(name, tensor);
  }
  return dict;
}

ModuleLoad load_module_state(torch::nn::Module& module,
                             const State& state,
                             bool strict) {
  Match match = matched(module, state, strict);
  apply(match.copies());
  return match.report();
}

void load_module_state(LoadPlan& plan,
                       const std::string& what,
                       torch::nn::Module& module,
                       const State& state) {
  plan.prepare(what, [&]() -> LoadPlan::Change {
    Copies copies = matched(module, state, /*strict=*/true).copies();
    return [copies] { apply(copies); };
  });
}

}  // namespace thexp
