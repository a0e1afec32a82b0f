#include "thexp/trainer/script_module.h"

#include <fmt/format.h>

#include <cerrno>
#include <sstream>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {

// A module for each of the script's, so that the names are the same. The
// tensors are the script's own.
ScriptModule::ScriptModule(torch::jit::Module module)
    : Module("ScriptModule"), script_(std::move(module)) {
  for (const auto& parameter : script_.named_parameters(/*recurse=*/false)) {
    register_parameter(parameter.name, parameter.value,
                       parameter.value.requires_grad());
  }
  for (const auto& buffer : script_.named_buffers(/*recurse=*/false)) {
    register_buffer(buffer.name, buffer.value);
  }
  for (const auto& child : script_.named_children()) {
    register_module(child.name, std::make_shared<ScriptModule>(child.value));
  }
  Module::train(script_.is_training());
}

std::shared_ptr<ScriptModule> ScriptModule::load(const fs::path& file) {
  if (!fs::exists(file)) {
    throw FileError::system("cannot read", file, ENOENT);
  }
  try {
    return std::make_shared<ScriptModule>(torch::jit::load(file.string()));
  } catch (const c10::Error& error) {
    throw FormatError::in_file(
        file, "it cannot be read as TorchScript: " +
                  split(error.what_without_backtrace(), '\n').front());
  }
}

at::Tensor ScriptModule::tensor_of(const torch::jit::IValue& value) {
  if (value.isTensor()) return value.toTensor();
  throw UsageError(
      fmt::format("the script's forward() returns a {}, not a tensor; run() "
                  "gives it as it is",
                  value.tagKind()));
}

std::string ScriptModule::to_bytes() const {
  std::ostringstream out;
  script_.save(out);
  return out.str();
}

// Its children are modules of this kind, too, and set themselves.
void ScriptModule::train(bool on) {
  Module::train(on);
  if (script_.hasattr("training")) script_.setattr("training", on);
}

}  // namespace thexp
