#include "tensors.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp::detail {
namespace {

constexpr int64_t kLongestRow = 10;
constexpr int64_t kEdge = 3;

template <typename T>
Number load(const void* data) {
  T value = *static_cast<const T*>(data);
  if constexpr (std::is_integral_v<T>) {
    return static_cast<int64_t>(value);
  } else {
    return static_cast<double>(value);
  }
}

Number load(at::ScalarType type, const void* data) {
  switch (type) {
    case at::kFloat:
      return load<float>(data);
    case at::kDouble:
      return load<double>(data);
    case at::kLong:
      return load<int64_t>(data);
    case at::kInt:
      return load<int32_t>(data);
    case at::kShort:
      return load<int16_t>(data);
    case at::kChar:
      return load<int8_t>(data);
    case at::kByte:
      return load<uint8_t>(data);
    case at::kBool:
      return load<bool>(data);
    case at::kHalf:
      return load<c10::Half>(data);
    case at::kBFloat16:
      return load<c10::BFloat16>(data);
    default:
      throw UsageError(fmt::format("a {} tensor cannot be read as a number",
                                   c10::toString(type)));
  }
}

// The elements of a row that are shown: all, or the first and last few.
std::vector<std::string> row_items(const MeterFormat& format,
                                   const at::Tensor& row) {
  bool integral = at::isIntegralType(row.scalar_type(), /*includeBool=*/true);
  at::Tensor host = row.to(at::kCPU, integral ? at::kLong : at::kDouble);
  host = host.contiguous();
  std::vector<std::string> items;
  for (int64_t i = 0; i < host.numel(); ++i) {
    items.push_back(integral
                        ? format_number(format, host.data_ptr<int64_t>()[i])
                        : format_number(format, host.data_ptr<double>()[i]));
  }
  return items;
}

std::string row_text(const MeterFormat& format, const at::Tensor& row) {
  int64_t size = row.numel();
  if (size <= kLongestRow) return join(row_items(format, row), ", ");
  std::string first = join(row_items(format, row.narrow(0, 0, kEdge)), ", ");
  std::string last =
      join(row_items(format, row.narrow(0, size - kEdge, kEdge)), ", ");
  return first + ", ..., " + last;
}

}  // namespace

bool is_plain_host(const at::Tensor& tensor) {
  constexpr c10::DispatchKeySet kPlain(
      {c10::DispatchKey::CPU, c10::DispatchKey::ADInplaceOrView,
       c10::DispatchKey::AutogradCPU, c10::DispatchKey::AutocastCPU});
  return (tensor.key_set() | kPlain) == kPlain;
}

bool is_host_scalar(const at::Tensor& tensor) {
  return tensor.numel() == 1 && is_plain_host(tensor);
}

Number read_host(const at::Tensor& tensor) {
  return load(tensor.scalar_type(), tensor.data_ptr());
}

Number read_scalar(const at::Tensor& tensor) {
  if (is_host_scalar(tensor)) return read_host(tensor);
  at::NoGradGuard no_grad;
  at::Tensor host = tensor.to(at::kCPU);
  if (is_host_scalar(host)) return read_host(host);
  return host.item<double>();
}

at::Tensor detached(const at::Tensor& tensor) {
  // variable_data() skips the dispatcher; a tensor without a graph is cheaper
  // still: it is taken as it is.
  return tensor.requires_grad() ? at::Tensor(tensor.variable_data()) : tensor;
}

at::ScalarType widest_real(const at::Device& device) {
  return device.type() == c10::DeviceType::MPS ? at::kFloat : at::kDouble;
}

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  std::vector<std::string> sizes;
  for (int64_t size : tensor.sizes()) {
    sizes.push_back(std::to_string(size));
  }
  std::string type = c10::toString(tensor.scalar_type());
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return fmt::format("{} [{}] on {}", type, join(sizes, ", "),
                     tensor.device().str());
}

void check_same_shape(const char* metric,
                      const at::Tensor& predictions,
                      const at::Tensor& targets) {
  bool fits = predictions.defined() && targets.defined() &&
              predictions.sizes() == targets.sizes() &&
              predictions.numel() > 0 &&
              predictions.device() == targets.device() &&
              !predictions.is_complex() && !targets.is_complex();
  if (fits) return;
  throw UsageError(fmt::format(
      "{} takes predictions and targets of one shape on one device, not empty, "
      "but they are {} and {}",
      metric, describe(predictions), describe(targets)));
}

void check_device(const char* metric,
                  const at::Device& before,
                  const at::Device& now) {
  if (before == now) return;
  throw UsageError(fmt::format(
      "{}: tensors came from {} and from {}: keep a metric on one device",
      metric, before.str(), now.str()));
}

at::Tensor host_doubles(const at::Tensor& tensor) {
  at::NoGradGuard no_grad;
  // A copy is neither lazily negated nor zero without storage.
  return tensor.to(at::kCPU)
      .to(at::kDouble, /*non_blocking=*/false, /*copy=*/true)
      .contiguous();
}

std::string tensor_text(const MeterFormat& format, const at::Tensor& tensor) {
  at::NoGradGuard no_grad;
  if (tensor.numel() == 0) {
    std::string sizes = describe(tensor);
    sizes = sizes.substr(sizes.find('['));
    return "tensor([], size=" + sizes.substr(0, sizes.find(']') + 1) + ")";
  }
  at::Tensor row = tensor;
  while (row.dim() > 1) row = row.select(0, 0);
  std::string dims(static_cast<std::size_t>(tensor.dim()), '[');
  std::string text = "tensor(" + dims + row_text(format, row);
  if (row.numel() < tensor.numel()) return text + "],...";
  return text + std::string(dims.size(), ']') + ")";
}

}  // namespace thexp::detail
