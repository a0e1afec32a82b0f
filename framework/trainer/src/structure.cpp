#include "structure.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <utility>

#include "registry.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "thexp/state/state.h"

namespace thexp {
namespace {

// "2 parameter groups (of 4 and 2)"
std::string describe_groups(const torch::optim::Optimizer& optimizer) {
  std::vector<std::string> sizes;
  for (const auto& group : optimizer.param_groups()) {
    sizes.push_back(std::to_string(group.params().size()));
  }
  return fmt::format(
      "{} of {}", plural(static_cast<int64_t>(sizes.size()), "parameter group"),
      join(sizes, " and "));
}

}  // namespace

Structure::Structure(const Registry& registry) {
  auto add = [this](const std::string& name, const at::Tensor& tensor) {
    Part part{Tensor(tensor.getIntrusivePtr()), State(tensor).describe()};
    tensors_.emplace(name, std::move(part));
  };
  for (const auto& [name, model] : registry.models()) {
    std::string of = fmt::format("' of model '{}'", name);
    for (const auto& item : model->named_parameters()) {
      add("parameter '" + item.key() + of, item.value());
    }
    for (const auto& item : model->named_buffers()) {
      add("buffer '" + item.key() + of, item.value());
    }
  }
  for (const auto& slot : registry.optimizers()) {
    optimizers_[fmt::format("optimizer '{}'", slot->name())] =
        describe_groups(slot->optimizer());
  }
}

std::vector<std::string> Structure::differences(const Structure& now) const {
  std::vector<std::string> lines;
  for (const auto& [name, part] : now.tensors_) {
    auto before = tensors_.find(name);
    if (before == tensors_.end()) {
      lines.push_back(name + " is new");
      continue;
    }
    const Part& was = before->second;
    if (was.description != part.description) {
      lines.push_back(fmt::format("{} was {}, now it is {}", name,
                                  was.description, part.description));
    } else if (was.tensor != part.tensor) {
      lines.push_back(name + " was replaced");
    }
  }
  for (const auto& entry : tensors_) {
    if (now.tensors_.count(entry.first) > 0) continue;
    lines.push_back(entry.first + " is gone");
  }
  for (const auto& [name, groups] : now.optimizers_) {
    auto before = optimizers_.find(name);
    if (before == optimizers_.end()) {
      lines.push_back(name + " is new");
    } else if (before->second != groups) {
      lines.push_back(
          fmt::format("{} had {}, now {}", name, before->second, groups));
    }
  }
  return lines;
}

}  // namespace thexp
