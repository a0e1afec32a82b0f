#pragma once

#include <cstdint>

#include "ATen/core/Tensor.h"

// What metrics compute where the tensors are, with no wait for the device: no
// value decides what runs next. Labels that are out of range make a result
// NaN, since a device that indexes with them is lost.
namespace thexp::detail {

/// bool, of the shape of `indices` (int64): within 0 and classes - 1.
at::Tensor is_in_range(const at::Tensor& indices, int64_t classes);

/// 0-d, of the device's widest real type: the sum of `values`, which are of
/// any type; NaN unless `all_good` (bool) holds everywhere.
at::Tensor sum_if(const at::Tensor& all_good, const at::Tensor& values);

/// How many rows of `logits` [N, C] have their label ([N], int64) among the k
/// greatest, by the rules of accuracy(): 0-d, as sum_if() gives it.
at::Tensor correct_on_device(const at::Tensor& logits,
                             const at::Tensor& labels,
                             int64_t k);

/// The predicted class of each row [N]: an index as it is, or the greatest
/// logit's ([N, classes]); `classes` where a logit is NaN.
at::Tensor predicted_classes(const at::Tensor& predictions, int64_t classes);

/// The cell of each row in a matrix of `classes` rows and one column more, for
/// rows that predict no class; the cell behind all others where an index is out
/// of range.
at::Tensor confusion_cells(const at::Tensor& predictions,
                           const at::Tensor& labels,
                           int64_t classes);

/// uint8, of the shape of `labels` (any integers or bool): 0 and 1 as they
/// are, and 2 for all that is neither.
at::Tensor binary_labels(const at::Tensor& labels);

/// 0-d each, of the device's widest real type: the targets' mean, their squared
/// deviations from it, and the squared errors, both summed up.
struct TargetMoments {
  at::Tensor mean, deviations, errors;
};
TargetMoments target_moments(const at::Tensor& predictions,
                             const at::Tensor& targets);

}  // namespace thexp::detail
