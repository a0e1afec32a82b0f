#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "ATen/core/Tensor.h"
#include "thexp/meters/format.h"

namespace thexp::detail {

using Number = std::variant<int64_t, double>;

/// True for a dense CPU tensor whose memory may be read as it is: neither
/// lazily negated, nor zero without storage, nor wrapped.
bool is_plain_host(const at::Tensor& tensor);

/// True for a plain one-element CPU tensor: read_host() takes it without the
/// dispatcher.
bool is_host_scalar(const at::Tensor& tensor);

/// The element of a tensor for which is_host_scalar() holds.
Number read_host(const at::Tensor& tensor);

/// The element of any one-element tensor; waits for its device.
Number read_scalar(const at::Tensor& tensor);

inline double to_double(const Number& number) {
  return std::visit([](auto value) { return static_cast<double>(value); },
                    number);
}

/// The tensor without its graph, sharing its storage.
at::Tensor detached(const at::Tensor& tensor);

/// "float [64, 10] on cpu", or "undefined".
std::string describe(const at::Tensor& tensor);

/// @throws UsageError, in the name of `metric`, unless both are real, of one
/// shape, on one device, and not empty.
void check_same_shape(const char* metric,
                      const at::Tensor& predictions,
                      const at::Tensor& targets);

/// @throws UsageError when the tensors of a metric are on another device than
/// those before.
void check_device(const char* metric,
                  const at::Device& before,
                  const at::Device& now);

/// Any real tensor as a contiguous, plain copy in doubles on the host; waits
/// for its device.
at::Tensor host_doubles(const at::Tensor& tensor);

/// The type in which a device sums up: double, or float where there is none.
at::ScalarType widest_real(const at::Device& device);

/// "tensor([0.7060, 0.4127])"; of more rows the first, and "...".
std::string tensor_text(const MeterFormat& format, const at::Tensor& tensor);

}  // namespace thexp::detail
