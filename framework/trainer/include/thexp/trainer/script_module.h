#pragma once

#include <torch/nn/module.h>
#include <torch/script.h>

#include <memory>
#include <string>
#include <utility>

#include "thexp/base/file.h"

namespace thexp {

/// A TorchScript module as a model: its parameters and buffers are in the
/// checkpoint under their names, it is trained, moved and set to eval mode like
/// any other, and at the end `models/NAME.script.pt` is what torch.jit.load()
/// reads.
///
///     net_ = add_model("net", thexp::ScriptModule::load("net.script.pt"));
///     auto out = net_->forward(x);
class ScriptModule : public torch::nn::Module {
 public:
  explicit ScriptModule(torch::jit::Module module);

  /// @throws FileError when there is no such file; FormatError when it is not
  /// TorchScript.
  static std::shared_ptr<ScriptModule> load(const fs::path& file);

  /// Calls the script's forward(). @throws UsageError when that returns no
  /// tensor: see run().
  template <typename... Inputs>
  at::Tensor forward(Inputs&&... inputs) {
    return tensor_of(run(std::forward<Inputs>(inputs)...));
  }
  /// The same, with whatever it returns.
  template <typename... Inputs>
  torch::jit::IValue run(Inputs&&... inputs) {
    return script_.forward({std::forward<Inputs>(inputs)...});
  }

  const torch::jit::Module& script() const { return script_; }
  /// Writes it as TorchScript, with the weights as they are.
  std::string to_bytes() const;

  void train(bool on = true) override;

 private:
  static at::Tensor tensor_of(const torch::jit::IValue& value);

  torch::jit::Module script_;
};

}  // namespace thexp
