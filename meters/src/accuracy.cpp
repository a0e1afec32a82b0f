#include "thexp/meters/accuracy.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cmath>

#include "on_device.h"
#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

void check_shapes(const at::Tensor& logits, const at::Tensor& labels) {
  bool fits = logits.defined() && labels.defined() && logits.dim() == 2 &&
              labels.dim() == 1 && logits.size(0) == labels.size(0) &&
              logits.size(0) > 0 && logits.device() == labels.device() &&
              at::isFloatingType(logits.scalar_type()) &&
              at::isIntegralType(labels.scalar_type(), /*includeBool=*/false);
  if (fits) return;
  throw UsageError(fmt::format(
      "accuracy takes floating logits [N, C] and integer labels [N] on one "
      "device, N > 0, but the logits are {} and the labels {}",
      detail::describe(logits), detail::describe(labels)));
}

void check(const at::Tensor& logits, const at::Tensor& labels, int64_t k) {
  check_shapes(logits, labels);
  if (k >= 1 && k <= logits.size(1)) return;
  throw UsageError(
      fmt::format("accuracy: k = {}, but it must be within 1 and "
                  "the {} classes of the logits",
                  k, logits.size(1)));
}

[[noreturn]] void throw_label(int64_t row, int64_t label, int64_t classes) {
  throw UsageError(fmt::format(
      "accuracy: label {} of row {} is not within 0 and {} (the logits have {} "
      "classes)",
      label, row, classes - 1, classes));
}

// The number of logits that come before the label's. Written so that a NaN
// comes before everything.
template <typename T>
int64_t rank_of(const T* row, int64_t label, int64_t classes) {
  const T own = row[label];
  int64_t before = 0;
  for (int64_t i = 0; i < label; ++i) before += !(row[i] < own);
  for (int64_t i = label + 1; i < classes; ++i) before += !(row[i] <= own);
  return before;
}

template <typename T>
int64_t count_correct(const at::Tensor& logits,
                      const at::Tensor& labels,
                      int64_t k) {
  const T* row = logits.data_ptr<T>();
  const int64_t* label = labels.data_ptr<int64_t>();
  int64_t rows = logits.size(0), classes = logits.size(1), correct = 0;
  for (int64_t i = 0; i < rows; ++i, ++label, row += classes) {
    if (*label < 0 || *label >= classes) throw_label(i, *label, classes);
    bool is_nan = row[*label] != row[*label];
    correct += !is_nan && rank_of(row, *label, classes) < k;
  }
  return correct;
}

// What a plain loop reads: as it is, or a copy of it.
at::Tensor plain(const at::Tensor& tensor, bool has_type, at::ScalarType wide) {
  if (has_type && detail::is_plain_host(tensor) && tensor.is_contiguous()) {
    return tensor;
  }
  return tensor.to(wide, /*non_blocking=*/false, /*copy=*/true).contiguous();
}

int64_t correct_on_host(const at::Tensor& logits,
                        const at::Tensor& labels,
                        int64_t k) {
  at::ScalarType type = logits.scalar_type();
  bool is_real = type == at::kFloat || type == at::kDouble;
  at::Tensor rows = plain(logits, is_real, at::kDouble);
  at::Tensor truth =
      plain(labels, labels.scalar_type() == at::kLong, at::kLong);
  return rows.scalar_type() == at::kFloat
             ? count_correct<float>(rows, truth, k)
             : count_correct<double>(rows, truth, k);
}

at::Tensor host_scalar(double value) {
  // Past the dispatcher: a quarter of the time of at::scalar_tensor().
  at::Tensor scalar = at::detail::empty_cpu({}, at::kDouble);
  *scalar.data_ptr<double>() = value;
  return scalar;
}

}  // namespace

at::Tensor accuracy(const at::Tensor& logits,
                    const at::Tensor& labels,
                    int64_t k) {
  check(logits, labels, k);
  at::NoGradGuard no_grad;
  auto rows = static_cast<double>(logits.size(0));
  if (logits.is_cpu()) {
    auto correct = static_cast<double>(correct_on_host(logits, labels, k));
    return host_scalar(correct / rows);
  }
  return detail::correct_on_device(logits, labels.to(at::kLong), k).div(rows);
}

Accuracy::Accuracy(int64_t k) : k_(k) {
  if (k >= 1) return;
  throw UsageError(fmt::format("Accuracy: k = {}, but it must be >= 1", k));
}

std::string Accuracy::name() const {
  return k_ == 1 ? "accuracy" : fmt::format("top{}_accuracy", k_);
}

void Accuracy::update(const at::Tensor& logits, const at::Tensor& labels) {
  check(logits, labels, k_);
  at::NoGradGuard no_grad;
  if (logits.is_cpu()) {
    auto correct = static_cast<double>(correct_on_host(logits, labels, k_));
    add(correct, logits.size(0));
  } else {
    add(detail::correct_on_device(logits, labels.to(at::kLong), k_),
        logits.size(0));
  }
}

double Accuracy::value() const {
  double share = MeanMetric::value();
  if (!std::isnan(share)) return share;
  throw UsageError(name() +
                   ": a label on the device was negative, or above the last "
                   "class of the logits");
}

}  // namespace thexp
