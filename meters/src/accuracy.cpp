#include "thexp/meters/accuracy.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/max.h>
#include <fmt/format.h>

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

bool takes_plain_loop(const at::Tensor& logits, const at::Tensor& labels) {
  at::ScalarType type = logits.scalar_type();
  return (type == at::kFloat || type == at::kDouble) &&
         labels.scalar_type() == at::kLong && detail::is_plain_host(logits) &&
         detail::is_plain_host(labels) && logits.is_contiguous() &&
         labels.is_contiguous();
}

int64_t count_correct(const at::Tensor& logits,
                      const at::Tensor& labels,
                      int64_t k) {
  return logits.scalar_type() == at::kFloat
             ? count_correct<float>(logits, labels, k)
             : count_correct<double>(logits, labels, k);
}

at::Tensor is_greatest(const at::Tensor& logits, const at::Tensor& labels) {
  auto [values, indices] = at::max(logits, /*dim=*/1);
  return indices.eq(labels).bitwise_and_(values.eq(values));
}

at::Tensor is_among(const at::Tensor& logits,
                    const at::Tensor& labels,
                    int64_t k) {
  at::Tensor column = labels.unsqueeze(1);
  at::Tensor own = logits.gather(1, column);
  at::Tensor index = at::arange(logits.size(1), column.options());
  at::Tensor before =
      index.lt(column).bitwise_and_(logits.lt(own).bitwise_not());
  at::Tensor after =
      index.gt(column).bitwise_and_(logits.le(own).bitwise_not());
  at::Tensor rank = before.bitwise_or_(after).sum(1);
  return rank.lt(k).bitwise_and_(own.eq(own).squeeze(1));
}

// The rule of rank_of() in tensor operations: bool [N].
at::Tensor correct_rows(const at::Tensor& logits,
                        const at::Tensor& labels,
                        int64_t k) {
  at::NoGradGuard no_grad;
  // On the CPU older versions lack operations for half precision.
  at::Tensor known = logits.is_cpu() ? logits.to(at::kDouble) : logits;
  at::Tensor wide = labels.to(at::kLong);
  return k == 1 ? is_greatest(known, wide) : is_among(known, wide, k);
}

at::Tensor host_scalar(float value) {
  // Past the dispatcher: a quarter of the time of at::scalar_tensor().
  at::Tensor scalar = at::detail::empty_cpu({}, at::kFloat);
  *scalar.data_ptr<float>() = value;
  return scalar;
}

}  // namespace

at::Tensor accuracy(const at::Tensor& logits,
                    const at::Tensor& labels,
                    int64_t k) {
  check(logits, labels, k);
  if (!takes_plain_loop(logits, labels)) {
    at::NoGradGuard no_grad;
    return correct_rows(logits, labels, k).mean(at::kFloat);
  }
  auto correct = static_cast<double>(count_correct(logits, labels, k));
  return host_scalar(
      static_cast<float>(correct / static_cast<double>(logits.size(0))));
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
  if (takes_plain_loop(logits, labels)) {
    auto correct = static_cast<double>(count_correct(logits, labels, k_));
    add(correct, logits.size(0));
  } else {
    add(correct_rows(logits, labels, k_).sum(), logits.size(0));
  }
}

}  // namespace thexp
