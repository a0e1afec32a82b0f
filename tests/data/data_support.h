#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

// After ATen: glog defines a CHECK as well, and the last one wins.
#include "catch.h"
#include "thexp/data/loader.h"

namespace thexp_test {

inline std::vector<int64_t> values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kLong).contiguous();
  const auto* begin = static_cast<const int64_t*>(flat.data_ptr());
  return {begin, begin + flat.numel()};
}

/// Two tensors of n rows: floats [n, 3] that begin with 10 times the row's
/// number, and the row's number as int64.
inline std::shared_ptr<thexp::TensorDataset> numbered(int64_t n) {
  const at::Tensor labels = at::arange(n, at::kLong);
  const at::Tensor images =
      labels.to(at::kFloat).mul(10).unsqueeze(1).add(at::arange(3, at::kFloat));
  return thexp::tensor_dataset({images, labels});
}

/// The labels of all batches of a stream, batch by batch.
inline std::vector<std::vector<int64_t>> labels_of(thexp::BatchSource& source,
                                                   int64_t epoch,
                                                   int64_t first = 0) {
  std::vector<std::vector<int64_t>> result;
  for (const thexp::Batch& batch : source.epoch(epoch, first)) {
    result.push_back(values(batch[batch.tensors() - 1]));
  }
  return result;
}

inline std::vector<int64_t> joined(
    const std::vector<std::vector<int64_t>>& parts) {
  std::vector<int64_t> result;
  for (const auto& part : parts) {
    result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

/// A source of scalar batches, one for each number.
inline std::shared_ptr<thexp::DataLoader> one_by_one(
    std::vector<int64_t> numbers, thexp::LoaderOptions options = {}) {
  auto dataset = thexp::tensor_dataset({at::tensor(numbers, at::kLong)});
  return std::make_shared<thexp::DataLoader>(dataset, options.batch_size(1));
}

}  // namespace thexp_test
