#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

#include <utility>
#include <vector>

#include "registry.h"
#include "thexp/state/tensor_lists.h"

namespace thexp {

/// A copy of the buffers of models, to put back.
class SavedBuffers {
 public:
  explicit SavedBuffers(const Models& models) {
    for (const auto& [name, model] : models) {
      for (const at::Tensor& buffer : model->buffers()) {
        at::Tensor live = without_repeats(buffer);
        buffers_.emplace_back(live, live.clone());
      }
    }
  }

  void restore() {
    at::NoGradGuard no_grad;
    for (auto& [live, saved] : buffers_) live.copy_(saved);
  }

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> buffers_;
};

}  // namespace thexp
