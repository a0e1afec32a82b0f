#include <ATen/ops/stack.h>
#include <fmt/format.h>

#include <cstring>

#include "gather.h"
#include "thexp/data/dataset.h"

namespace thexp {
namespace {

std::string describe(const at::Tensor& tensor) {
  std::string shape;
  for (int64_t size : tensor.sizes()) {
    shape += fmt::format("{}{}", shape.empty() ? "" : ", ", size);
  }
  return fmt::format("{}[{}]", c10::toString(tensor.scalar_type()), shape);
}

void check_alike(const Example& example, const Example& first, std::size_t at) {
  if (example.tensors.size() != first.tensors.size()) {
    throw DataError(fmt::format(
        "cannot stack: example {} of the batch has {} tensors, the first has "
        "{}",
        at, example.tensors.size(), first.tensors.size()));
  }
  for (std::size_t i = 0; i < first.tensors.size(); ++i) {
    const at::Tensor& tensor = example.tensors[i];
    const at::Tensor& model = first.tensors[i];
    if (tensor.sizes() == model.sizes() &&
        tensor.scalar_type() == model.scalar_type()) {
      continue;
    }
    throw DataError(fmt::format(
        "cannot stack: tensor {} of example {} of the batch is {}, the first "
        "example's is {}; give LoaderOptions::collate a function that, for "
        "instance, pads them",
        i, at, describe(tensor), describe(model)));
  }
}

at::Tensor stack_one(const std::vector<Example>& examples,
                     std::size_t i,
                     TensorPool& pool) {
  std::vector<at::Tensor> rows;
  rows.reserve(examples.size());
  bool plain = true;
  for (const Example& example : examples) {
    rows.push_back(example.tensors[i]);
    plain = plain && detail::has_plain_rows(rows.back());
  }
  if (!plain) return at::stack(rows);
  std::vector<int64_t> shape = rows[0].sizes().vec();
  shape.insert(shape.begin(), static_cast<int64_t>(rows.size()));
  at::Tensor result = pool.take(shape, rows[0].scalar_type());
  char* to = static_cast<char*>(result.data_ptr());
  const std::size_t bytes = rows[0].nbytes();
  if (bytes == 0) return result;
  for (const at::Tensor& row : rows) {
    std::memcpy(to, row.data_ptr(), bytes);
    to += bytes;
  }
  return result;
}

void collect_extras(const std::vector<Example>& examples, Batch& batch) {
  bool any = false;
  std::vector<std::any> extras;
  for (const Example& example : examples) {
    any = any || example.extra.has_value();
    extras.push_back(example.extra);
  }
  if (any) batch.set_extra(std::move(extras));
}

}  // namespace

Batch stack_examples(const std::vector<Example>& examples, TensorPool& pool) {
  Batch batch;
  batch.set_size(static_cast<int64_t>(examples.size()));
  if (examples.empty()) return batch;
  for (std::size_t at = 1; at < examples.size(); ++at) {
    check_alike(examples[at], examples[0], at);
  }
  for (std::size_t i = 0; i < examples[0].tensors.size(); ++i) {
    batch.add(stack_one(examples, i, pool));
  }
  collect_extras(examples, batch);
  return batch;
}

Batch stack_examples(const std::vector<Example>& examples) {
  TensorPool pool;
  return stack_examples(examples, pool);
}

}  // namespace thexp
