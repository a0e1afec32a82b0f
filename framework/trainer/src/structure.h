#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorImpl.h>
#include <c10/core/UndefinedTensorImpl.h>
#include <c10/util/intrusive_ptr.h>

#include <map>
#include <string>
#include <vector>

namespace thexp {

class Registry;

/// What models and optimizers are made of: the tensors of each model, the
/// parameter groups of each optimizer. A checkpoint fits where it is the same.
class Structure {
 public:
  Structure() = default;
  explicit Structure(const Registry& registry);

  /// What is different in `now`, a line each: "model 'net' has a new fc.bias".
  std::vector<std::string> differences(const Structure& now) const;

 private:
  // Known by its address, which no other tensor gets while this is held.
  using Tensor =
      c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
  struct Part {
    Tensor tensor;
    std::string description;
  };

  std::map<std::string, Part> tensors_;
  std::map<std::string, std::string> optimizers_;  // their groups
};

}  // namespace thexp
