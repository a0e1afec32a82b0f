#include "thexp/meters/regression.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "tensors.h"

namespace thexp {
namespace {

bool is_plain_float(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat && detail::is_plain_host(tensor) &&
         tensor.is_contiguous();
}

template <typename Term>
double sum_on_host(const at::Tensor& predictions,
                   const at::Tensor& targets,
                   Term term) {
  const float* prediction = predictions.data_ptr<float>();
  const float* target = targets.data_ptr<float>();
  double sum = 0;
  for (int64_t i = 0; i < predictions.numel(); ++i) {
    sum += term(double{prediction[i]} - double{target[i]});
  }
  return sum;
}

at::Tensor difference(const at::Tensor& predictions,
                      const at::Tensor& targets) {
  at::ScalarType type = detail::widest_real(predictions.device());
  return predictions.to(type).sub(targets.to(type));
}

}  // namespace

void MeanSquaredError::update(const at::Tensor& predictions,
                              const at::Tensor& targets) {
  detail::check_same_shape("MeanSquaredError", predictions, targets);
  at::NoGradGuard no_grad;
  if (is_plain_float(predictions) && is_plain_float(targets)) {
    auto square = [](double error) { return error * error; };
    add(sum_on_host(predictions, targets, square), predictions.numel());
  } else {
    at::Tensor error = difference(predictions, targets);
    add(error.mul(error).sum(), predictions.numel());
  }
}

void MeanAbsoluteError::update(const at::Tensor& predictions,
                               const at::Tensor& targets) {
  detail::check_same_shape("MeanAbsoluteError", predictions, targets);
  at::NoGradGuard no_grad;
  if (is_plain_float(predictions) && is_plain_float(targets)) {
    auto magnitude = [](double error) { return std::abs(error); };
    add(sum_on_host(predictions, targets, magnitude), predictions.numel());
  } else {
    at::Tensor error = difference(predictions, targets);
    add(error.abs().sum(), predictions.numel());
  }
}

}  // namespace thexp
