#pragma once

#include "ATen/core/Tensor.h"
#include "thexp/base/value.h"

namespace thexp {

/// A running sum, minimum or maximum of numbers that come from the host and
/// from a device. Host numbers add up in a double, a device's in a 0-d tensor
/// there (double; float where the device knows no double), so that adding
/// never waits for a device. What AvgMeter and the metrics are made of; for
/// metrics of your own.
class Accumulator {
 public:
  enum class Op { kSum, kMin, kMax };

  explicit Accumulator(Op op = Op::kSum) : op_(op) {}

  // A copy would share the device's running value: move, or use the state.
  Accumulator(Accumulator&&) = default;
  Accumulator& operator=(Accumulator&&) = default;

  /// Adds `weight` × `value`. A share of a count, weighted by that count, is
  /// the whole number that it is a share of: sums of them are exact.
  /// Minimum and maximum ignore the weight.
  void add(double value, double weight = 1);

  /// Adds `weight` × the one element of `scalar` (any shape with one element);
  /// minimum and maximum ignore the weight. Gradients are ignored.
  /// @throws UsageError when it has not one element, or is on a device other
  /// than the one before it.
  void add(const at::Tensor& scalar, double weight = 1);

  /// True when nothing was added yet.
  bool empty() const { return !has_host_ && !device_.defined(); }

  /// The sum (0 when empty), minimum or maximum; NaN wherever a NaN was added.
  /// Waits for the device. @throws UsageError for min and max when empty.
  double total() const;

  void reset();

  /// Plain data that load_state() takes, exactly: doubles keep their bits.
  /// Waits for the device.
  Value state() const;
  void load_state(const Value& state);

 private:
  void add_on_device(const at::Tensor& scalar, double weight);

  Op op_;
  bool has_host_ = false;
  double host_ = 0;
  at::Tensor device_;
};

/// Reads a real that state() wrote, also after a trip through JSON, where
/// non-finite ones are text. @throws FormatError when it is none.
double real_from_state(const Value& value);

}  // namespace thexp
