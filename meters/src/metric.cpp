#include "thexp/meters/metric.h"

#include <ATen/core/grad_mode.h>

#include "tensors.h"

namespace thexp {

UsageError Metric::no_examples() const {
  return UsageError(name() + ": no examples were seen yet");
}

double MeanMetric::value() const {
  double examples = examples_.total();
  if (examples == 0) throw no_examples();
  return sum_.total() / examples;
}

void MeanMetric::reset() {
  sum_.reset();
  examples_.reset();
}

Value MeanMetric::state() const {
  auto examples = static_cast<int64_t>(examples_.total());
  return Value::Dict{{"sum", sum_.state()}, {"examples", examples}};
}

void MeanMetric::load_state(const Value& state) {
  int64_t examples = state.at("examples").as_integer();
  sum_.load_state(state.at("sum"));
  examples_.reset();
  examples_.add(static_cast<double>(examples));
}

void MeanMetric::add(const at::Tensor& sum, int64_t examples, double weight) {
  sum_.add(sum, weight);
  examples_.add(static_cast<double>(examples));
}

void MeanMetric::add(double sum, int64_t examples) {
  sum_.add(sum);
  examples_.add(static_cast<double>(examples));
}

void MeanMetric::add(const at::Tensor& sum, const at::Tensor& examples) {
  sum_.add(sum);
  examples_.add(examples);
}

FunctionMetric::FunctionMetric(std::string name,
                               Direction direction,
                               Function function)
    : name_(std::move(name)),
      direction_(direction),
      function_(std::move(function)) {
  if (!function_) throw UsageError("metric '" + name_ + "' has no function");
}

void FunctionMetric::update(const at::Tensor& predictions,
                            const at::Tensor& targets) {
  if (!targets.defined() || targets.dim() == 0 || targets.size(0) == 0) {
    throw UsageError("metric '" + name_ +
                     "': targets' first dimension counts the examples, but "
                     "they are " +
                     detail::describe(targets));
  }
  at::NoGradGuard no_grad;
  at::Tensor mean = function_(predictions, targets);
  if (!mean.defined() || mean.numel() != 1) {
    throw UsageError("metric '" + name_ +
                     "': its function gives a batch's mean as one element, "
                     "but it gave " +
                     detail::describe(mean));
  }
  int64_t examples = targets.size(0);
  add(mean, examples, static_cast<double>(examples));
}

}  // namespace thexp
