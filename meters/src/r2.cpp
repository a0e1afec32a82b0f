#include "thexp/meters/r2.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/scalar_tensor.h>

#include <cmath>

#include "on_device.h"
#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {

template <typename Real>
R2::Moments<Real> R2::merged(const Moments<Real>& a, const Moments<Real>& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  auto before = static_cast<double>(a.count);
  double share = static_cast<double>(b.count) / (before + b.count);
  Real step = b.mean - a.mean;
  return {a.count + b.count, a.mean + step * share,
          a.deviations + b.deviations + step * step * (before * share),
          a.errors + b.errors};
}

// As detail::target_moments(), without a dozen tensors.
R2::Moments<double> R2::on_host(const at::Tensor& predictions,
                                const at::Tensor& targets) {
  at::Tensor predicted = detail::host_doubles(predictions);
  at::Tensor true_ones = detail::host_doubles(targets);
  const double* prediction = predicted.data_ptr<double>();
  const double* target = true_ones.data_ptr<double>();
  const int64_t count = targets.numel();
  double shift = 0;
  for (int64_t i = 0; i < count; ++i) shift += target[i] - target[0];
  shift /= static_cast<double>(count);
  Moments<double> moments{count, target[0] + shift};
  for (int64_t i = 0; i < count; ++i) {
    double deviation = target[i] - target[0] - shift;
    double error = target[i] - prediction[i];
    moments.deviations += deviation * deviation;
    moments.errors += error * error;
  }
  return moments;
}

R2::Moments<at::Tensor> R2::on_device(const at::Tensor& predictions,
                                      const at::Tensor& targets) {
  detail::TargetMoments found = detail::target_moments(predictions, targets);
  return {targets.numel(), found.mean, found.deviations, found.errors};
}

void R2::update(const at::Tensor& predictions, const at::Tensor& targets) {
  detail::check_same_shape("R2", predictions, targets);
  at::NoGradGuard no_grad;
  if (targets.is_cpu()) {
    host_ = merged(host_, on_host(predictions, targets));
  } else {
    add_on_device(on_device(predictions, targets));
  }
}

void R2::add_on_device(const Moments<at::Tensor>& batch) {
  // Restored moments wait on the CPU until their device is known.
  if (device_.count > 0 && device_.mean.is_cpu()) {
    for (at::Tensor* each :
         {&device_.mean, &device_.deviations, &device_.errors}) {
      *each = each->to(batch.mean.options());
    }
  }
  if (device_.count > 0) {
    detail::check_device("R2", device_.mean.device(), batch.mean.device());
  }
  device_ = merged(device_, batch);
}

double R2::value() const {
  Moments<double> all = merged(host_, read(device_));
  if (all.count == 0) throw no_examples();
  if (all.count == 1) {
    throw UsageError(
        "r2: 1 element was seen, but it takes 2 or more to deviate from their "
        "mean");
  }
  if (all.deviations == 0 && !std::isnan(all.errors)) {
    return all.errors == 0 ? 1 : 0;
  }
  return 1 - all.errors / all.deviations;
}

R2::Moments<double> R2::read(const Moments<at::Tensor>& moments) {
  if (moments.count == 0) return {};
  auto number = [](const at::Tensor& scalar) {
    return detail::to_double(detail::read_scalar(scalar));
  };
  return {moments.count, number(moments.mean), number(moments.deviations),
          number(moments.errors)};
}

void R2::reset() {
  host_ = {};
  device_ = {};
}

Value R2::state_of(const Moments<double>& moments) {
  return Value::Dict{{"count", moments.count},
                     {"mean", moments.mean},
                     {"deviations", moments.deviations},
                     {"errors", moments.errors}};
}

R2::Moments<double> R2::from_state(const Value& state) {
  return {state.at("count").as_integer(), real_from_state(state.at("mean")),
          real_from_state(state.at("deviations")),
          real_from_state(state.at("errors"))};
}

Value R2::state() const {
  return Value::Dict{{"host", state_of(host_)},
                     {"device", state_of(read(device_))}};
}

void R2::load_state(const Value& state) {
  Moments<double> host = from_state(state.at("host"));
  Moments<double> device = from_state(state.at("device"));
  host_ = host;
  device_ = {};
  if (device.count == 0) return;
  auto scalar = [](double value) {
    return at::scalar_tensor(value, at::kDouble);
  };
  device_ = {device.count, scalar(device.mean), scalar(device.deviations),
             scalar(device.errors)};
}

}  // namespace thexp
