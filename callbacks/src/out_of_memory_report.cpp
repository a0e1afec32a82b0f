#include "thexp/callbacks/out_of_memory_report.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <new>
#include <optional>
#include <string>

#include "thexp/base/text.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

// What was asked for and not there, and what would help.
struct Shortage {
  const char* what;
  const char* help;
};

constexpr Shortage kMemory = {
    "the rest is activations and LibTorch's cache",
    "a smaller batch with --accumulate has the same effect on training"};
// The driver's own error is not LibTorch's allocator, which says "CUDA out of
// memory".
constexpr Shortage kDriver = {
    "what failed is not one of these: page-locked memory of the computer, or "
    "memory that a library takes beside LibTorch's cache",
    "fewer workers and LoaderOptions().pin_memory(false) lock less memory; a "
    "smaller batch with --accumulate leaves more of the GPU's"};

std::optional<Shortage> shortage_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return kMemory;
  std::string text = error.what();
  auto says = [&text](const char* words) {
    return text.find(words) != std::string::npos;
  };
  if (says("CUDA error: out of memory") || says("HIP error: out of memory")) {
    return kDriver;
  }
  // cuBLAS, cuDNN, cuSOLVER: CUBLAS_STATUS_ALLOC_FAILED, …
  bool known = says("out of memory") || says("can't allocate memory") ||
               says("_STATUS_ALLOC_FAILED");
  return known ? std::optional<Shortage>(kMemory) : std::nullopt;
}

double bytes_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return 0;
  if (!tensor.is_sparse()) return static_cast<double>(tensor.nbytes());
  return bytes_of(tensor._indices()) + bytes_of(tensor._values());
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
  std::optional<Shortage> shortage = shortage_of(error);
  if (!shortage) return ExceptionAction::kRethrow;
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
      fmt::format("parameters {}, gradients {}, optimizers {}; {}",
                  format_bytes(parameters), format_bytes(gradients),
                  format_bytes(optimizers), shortage->what),
      shortage->help);
  return ExceptionAction::kRethrow;
}

}  // namespace thexp
