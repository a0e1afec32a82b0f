#include "on_device.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/max.h>

#include <limits>

#include "tensors.h"

namespace thexp::detail {
namespace {

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

}  // namespace

at::Tensor is_in_range(const at::Tensor& indices, int64_t classes) {
  return indices.ge(0).bitwise_and_(indices.lt(classes));
}

at::Tensor sum_if(const at::Tensor& all_good, const at::Tensor& values) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  at::Tensor sum = values.sum(widest_real(values.device()));
  return sum.masked_fill(all_good.all().bitwise_not(), kNan);
}

at::Tensor correct_on_device(const at::Tensor& logits,
                             const at::Tensor& labels,
                             int64_t k) {
  at::Tensor safe = labels.clamp(0, logits.size(1) - 1);
  at::Tensor correct =
      k == 1 ? is_greatest(logits, safe) : is_among(logits, safe, k);
  return sum_if(is_in_range(labels, logits.size(1)), correct);
}

at::Tensor predicted_classes(const at::Tensor& predictions, int64_t classes) {
  if (predictions.dim() == 1) return predictions.to(at::kLong);
  // On the CPU older versions find no maximum in half precision.
  auto [values, indices] = at::max(
      predictions.is_cpu() ? predictions.to(at::kDouble) : predictions, 1);
  return indices.masked_fill(values.ne(values), classes);
}

at::Tensor confusion_cells(const at::Tensor& predictions,
                           const at::Tensor& labels,
                           int64_t classes) {
  at::Tensor predicted = predicted_classes(predictions, classes);
  at::Tensor fits = is_in_range(labels, classes);
  if (predictions.dim() == 1) {
    fits = fits.bitwise_and(is_in_range(predicted, classes));
  }
  return labels.mul(classes + 1)
      .add_(predicted)
      .masked_fill_(fits.bitwise_not(), classes * (classes + 1));
}

at::Tensor binary_labels(const at::Tensor& labels) {
  // Bytes alone would take 257 for 1.
  at::Tensor is_wrong = is_in_range(labels, 2).bitwise_not();
  return labels.to(at::kByte).masked_fill(is_wrong, 2);
}

TargetMoments target_moments(const at::Tensor& predictions,
                             const at::Tensor& targets) {
  at::ScalarType type = widest_real(targets.device());
  at::Tensor target = targets.to(type).reshape({-1});
  at::Tensor error = target.sub(predictions.to(type).reshape({-1}));
  // From the first target first: equal targets deviate by nothing at all, and
  // large ones keep their digits.
  at::Tensor first = target.select(0, 0);
  at::Tensor from_first = target.sub(first);
  at::Tensor shift = from_first.mean();
  at::Tensor deviation = from_first.sub(shift);
  return {first.add(shift), deviation.mul(deviation).sum(),
          error.mul(error).sum()};
}

}  // namespace thexp::detail
