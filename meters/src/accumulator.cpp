#include "thexp/meters/accumulator.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

using Op = Accumulator::Op;

// NaN wins, as it does in torch::minimum and maximum.
double combine(Op op, double a, double b) {
  if (op == Op::kSum) return a + b;
  if (std::isnan(a) || std::isnan(b)) return a + b;
  return op == Op::kMin ? std::min(a, b) : std::max(a, b);
}

// Made outside of inference mode: a tensor made in it could not be added to
// once the mode is left.
at::Tensor scalar_on(const at::Device& device, double value) {
  c10::InferenceMode normal(false);
  return at::scalar_tensor(
      value, at::TensorOptions(device).dtype(detail::widest_real(device)));
}

double identity(Op op) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (op == Op::kSum) return 0;
  return op == Op::kMin ? kInfinity : -kInfinity;
}

// 3 of 49 is rounded, and so is its 49-fold: not 3 but its neighbour. What is
// that near to a whole number is taken for it.
double weighted(double value, double weight) {
  if (weight == 1) return value;
  double product = value * weight, whole = std::nearbyint(product);
  double error = 2 * std::abs(product) * std::numeric_limits<double>::epsilon();
  return std::abs(product - whole) <= error ? whole : product;
}

}  // namespace

void Accumulator::add(double number, double weight) {
  double value = op_ == Op::kSum ? weighted(number, weight) : number;
  host_ = has_host_ ? combine(op_, host_, value) : value;
  has_host_ = true;
}

void Accumulator::add(const at::Tensor& scalar, double weight) {
  if (!scalar.defined() || scalar.numel() != 1) {
    throw UsageError("one element was to be added up, but the tensor is " +
                     detail::describe(scalar));
  }
  if (detail::is_host_scalar(scalar)) {
    add(detail::to_double(detail::read_host(scalar)), weight);
  } else {
    add_on_device(scalar, weight);
  }
}

void Accumulator::add_on_device(const at::Tensor& scalar, double weight) {
  at::NoGradGuard no_grad;
  at::Device device = scalar.device();
  if (!device_.defined()) device_ = scalar_on(device, identity(op_));
  // A restored value waits on the CPU until its device is known.
  if (device_.is_cpu()) device_ = scalar_on(device, device_.item<double>());
  if (device_.device() != device) {
    throw UsageError(fmt::format(
        "values of one key came from {} and from {}: keep a key on one device",
        device_.device().str(), device.str()));
  }
  at::Tensor value = scalar.dim() == 0 ? scalar : scalar.reshape({});
  if (op_ == Op::kSum) {
    device_.add_(value, weight);
  } else if (op_ == Op::kMin) {
    at::minimum_out(device_, device_, value);
  } else {
    at::maximum_out(device_, device_, value);
  }
}

double Accumulator::total() const {
  if (empty() && op_ != Op::kSum) {
    throw UsageError("a minimum or maximum of no values was asked for");
  }
  if (!device_.defined()) return host_;
  double on_device = detail::to_double(detail::read_scalar(device_));
  return has_host_ ? combine(op_, host_, on_device) : on_device;
}

void Accumulator::reset() { *this = Accumulator(op_); }

Value Accumulator::state() const {
  Value host, device;
  if (has_host_) host = host_;
  if (device_.defined()) {
    device = detail::to_double(detail::read_scalar(device_));
  }
  return Value::Dict{{"host", host}, {"device", device}};
}

void Accumulator::load_state(const Value& state) {
  reset();
  if (!state.at("host").is_null()) add(real_from_state(state.at("host")));
  if (!state.at("device").is_null()) {
    device_ = scalar_on(at::kCPU, real_from_state(state.at("device")));
  }
}

double real_from_state(const Value& value) {
  if (std::optional<double> real = value.to_real()) return *real;
  throw FormatError("a number was expected, but the state holds " +
                    value.to_json() + " (" + value.type_name() + ")");
}

}  // namespace thexp
