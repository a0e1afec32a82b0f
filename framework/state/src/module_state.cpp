#include "thexp/state/module_state.h"

#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor_bytes.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

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

struct Copy {
  at::Tensor to;
  at::Tensor from;
};

// Compares names and tensors; what fits is a copy to do, the rest a problem.
class Match {
 public:
  Match(const State& state, bool strict) : strict_(strict) {
    for (const auto& [key, value] : state.as_dict()) {
      given_[key.to_string()] = &value;
    }
  }

  void take(const std::string& name, const at::Tensor& to) {
    auto found = given_.find(name);
    if (found == given_.end()) {
      if (strict_) missing_.push_back(name);
      return;
    }
    compare(name, to, *found->second);
    used_.insert(name);
  }

  void finish(const State& state) {
    for (const auto& entry : state.as_dict()) {
      std::string name = entry.first.to_string();
      if (strict_ && used_.count(name) == 0) unexpected_.push_back(name);
    }
    std::string problems = line("missing", missing_) +
                           line("unexpected", unexpected_) +
                           line("wrong", wrong_);
    if (!problems.empty()) {
      throw FormatError("the state does not fit the module:" + problems);
    }
  }

  const std::vector<Copy>& copies() const { return copies_; }

 private:
  void compare(const std::string& name,
               const at::Tensor& to,
               const State& from) {
    bool fits = from.is_tensor() && from.as_tensor().sizes() == to.sizes() &&
                from.as_tensor().scalar_type() == to.scalar_type();
    if (fits) {
      copies_.push_back({to, from.as_tensor()});
    } else {
      wrong_.push_back(fmt::format("{} is {}, not {}", name, from.describe(),
                                   describe_tensor(to)));
    }
  }

  static std::string line(const char* title,
                          const std::vector<std::string>& names) {
    if (names.empty()) return "";
    return fmt::format("\n  {}: {}", title, join(names, "; "));
  }

  bool strict_;
  std::unordered_map<std::string, const State*> given_;
  std::set<std::string> used_;
  std::vector<std::string> missing_, unexpected_, wrong_;
  std::vector<Copy> copies_;
};

}  // namespace

State module_state(const torch::nn::Module& module) {
  State::Dict dict;
  for (auto& [name, tensor] : names_of(module)) {
    dict.emplace_back(name, tensor);
  }
  return dict;
}

void load_module_state(torch::nn::Module& module,
                       const State& state,
                       bool strict) {
  if (!state.is_dict()) {
    throw FormatError("a module's state is a dict of its names, not " +
                      state.describe());
  }
  Match match(state, strict);
  for (const auto& [name, tensor] : names_of(module)) match.take(name, tensor);
  match.finish(state);
  c10::NoGradGuard no_gradient;
  for (const Copy& copy : match.copies()) {
    at::Tensor to = copy.to;
    to.copy_(copy.from);
  }
}

}  // namespace thexp
