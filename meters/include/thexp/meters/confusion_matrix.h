#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thexp/meters/metric.h"

namespace thexp {

/// How well one class, or all, are found. A ratio of nothing to nothing (a
/// class that was never predicted, or never there) is 0.
struct ClassScores {
  double precision = 0;  ///< of the predicted ones, the share that are
  double recall = 0;     ///< of those that are, the share predicted
  double f1 = 0;         ///< the harmonic mean of both
  int64_t support = 0;   ///< examples of the class
};

/// Counts of (true class, predicted class), and what follows from them; as
/// scikit-learn's precision_recall_fscore_support(labels=range(classes),
/// zero_division=0): a class that never occurs counts in macro() with zeros.
class ConfusionMatrix : public Metric {
 public:
  /// @throws UsageError when classes < 1.
  explicit ConfusionMatrix(int64_t classes);

  std::string name() const override { return "confusion_matrix"; }
  bool higher_is_better() const override { return true; }

  /// `predictions`: logits [N, classes], of which the greatest counts, or
  /// class indices [N]. `labels`: class indices [N].
  /// @throws UsageError showing the shapes when they do not fit, or (on the
  /// CPU: a device is not asked) naming an index that is out of range.
  void update(const at::Tensor& predictions, const at::Tensor& labels) override;

  /// The accuracy: the diagonal's share.
  double value() const override;
  void reset() override;
  Value state() const override;
  void load_state(const Value& state) override;

  int64_t classes() const { return classes_; }

  /// counts()[truth][prediction]; waits for the device.
  std::vector<std::vector<int64_t>> counts() const;

  /// The scores of one class. @throws UsageError when there is no such class.
  ClassScores of_class(int64_t index) const;

  /// The plain mean of all classes' scores; support is the number of examples.
  ClassScores macro() const;

  /// Over all examples together: all three scores equal the accuracy.
  ClassScores micro() const;

 private:
  std::vector<int64_t> flat_counts() const;
  void count_on_host(const at::Tensor& predicted, const at::Tensor& labels);
  void count_on_device(const at::Tensor& predicted, const at::Tensor& labels);

  int64_t classes_;
  std::vector<int64_t> host_;  // [truth × classes + prediction]
  at::Tensor device_;          // the same, int64, of what came from there
};

}  // namespace thexp
