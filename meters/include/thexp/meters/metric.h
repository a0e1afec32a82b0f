#pragma once

#include <functional>
#include <string>

#include "ATen/core/Tensor.h"
#include "thexp/base/error.h"
#include "thexp/base/value.h"
#include "thexp/meters/accumulator.h"

namespace thexp {

/// A measure of predictions against targets, taken over many batches of any
/// sizes and exact over all examples seen. update() accumulates where the
/// tensors are; only value() and state() wait for a device.
class Metric {
 public:
  virtual ~Metric() = default;

  /// A name for logs: "accuracy", "mse".
  virtual std::string name() const = 0;

  /// The direction in which a model improves.
  virtual bool higher_is_better() const = 0;

  /// Adds one batch. @throws UsageError showing the shapes when they do not
  /// fit the metric.
  virtual void update(const at::Tensor& predictions,
                      const at::Tensor& targets) = 0;

  /// The measure over all examples since the last reset.
  /// @throws UsageError when there were none.
  virtual double value() const = 0;

  virtual void reset() = 0;

  /// Plain data from which load_state() goes on, bit for bit.
  virtual Value state() const = 0;
  /// @throws UsageError or FormatError when this is not such a state.
  virtual void load_state(const Value& state) = 0;

 protected:
  /// What value() throws when there were no examples.
  UsageError no_examples() const;
};

/// A sum over a number of examples: what most metrics keep.
class MeanMetric : public Metric {
 public:
  /// The sum divided by the number of examples.
  double value() const override;
  void reset() override;
  Value state() const override;
  void load_state(const Value& state) override;

 protected:
  /// Adds `weight` × a one-element tensor (or a number), the sum of
  /// `examples` examples.
  void add(const at::Tensor& sum, int64_t examples, double weight = 1);
  void add(double sum, int64_t examples);
  /// The same where the number of examples is on a device, too.
  void add(const at::Tensor& sum, const at::Tensor& examples);

 private:
  Accumulator sum_;
  Accumulator examples_;
};

enum class Direction { kHigherIsBetter, kLowerIsBetter };

/// A metric made of a function that gives a batch's mean as a one-element
/// tensor; batches weigh as much as they have examples (targets' first
/// dimension).
///
///     thexp::FunctionMetric loss("loss", thexp::Direction::kLowerIsBetter,
///                                [](auto& logits, auto& labels) {
///                                  return F::cross_entropy(logits, labels);
///                                });
class FunctionMetric : public MeanMetric {
 public:
  using Function =
      std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;

  FunctionMetric(std::string name, Direction direction, Function function);

  std::string name() const override { return name_; }
  bool higher_is_better() const override {
    return direction_ == Direction::kHigherIsBetter;
  }
  void update(const at::Tensor& predictions,
              const at::Tensor& targets) override;

 private:
  std::string name_;
  Direction direction_;
  Function function_;
};

}  // namespace thexp
