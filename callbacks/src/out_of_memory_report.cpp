#include "thexp/callbacks/out_of_memory_report.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <new>

#include "thexp/base/text.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  std::string text = error.what();
  return text.find("out of memory") != std::string::npos ||
         text.find("can't allocate memory") != std::string::npos;
}

double bytes_of(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<double>(tensor.nbytes()) : 0;
}

double bytes_of(const State& state) {
  double bytes = 0;
  if (state.is_tensor()) bytes = bytes_of(state.as_tensor());
  if (state.is_list()) {
    for (const State& item : state.as_list()) bytes += bytes_of(item);
  }
  if (state.is_dict()) {
    for (const auto& [key, item] : state.as_dict()) bytes += bytes_of(item);
  }
  return bytes;
}

}  // namespace

ExceptionAction OutOfMemoryReport::on_exception(Trainer& trainer,
                                                const std::exception& error) {
  if (!is_out_of_memory(error)) return ExceptionAction::kRethrow;
  double parameters = 0, gradients = 0, optimizers = 0;
  for (const auto& [name, model] : trainer.named_models()) {
    for (const at::Tensor& parameter : model->parameters()) {
      parameters += bytes_of(parameter);
      gradients += bytes_of(parameter.grad());
    }
  }
  for (const auto& slot : trainer.optimizers()) {
    optimizers += bytes_of(optimizer_state(slot->optimizer()));
  }
  trainer.logger().error(
      "out of memory",
      fmt::format("parameters {}, gradients {}, optimizers {}; the rest is "
                  "activations and LibTorch's cache",
                  format_bytes(parameters), format_bytes(gradients),
                  format_bytes(optimizers)),
      "a smaller batch with --accumulate has the same effect on training");
  return ExceptionAction::kRethrow;
}

}  // namespace thexp
