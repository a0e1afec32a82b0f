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
  /// class indices [N]. `labels`: class indices [N]. A row with a NaN logit
  /// predicts no class: it is an example of its label's that was not found.
  /// @throws UsageError showing the shapes when they do not fit, or on the
  /// CPU naming an index that is out of range. A device is not asked then:
  /// whatever reads the counts throws.
  void update(const at::Tensor& predictions, const at::Tensor& labels) override;

  /// The accuracy: the diagonal's share.
  double value() const override;
  void reset() override;
  Value state() const override;
  void load_state(const Value& state) override;

  int64_t classes() const { return classes_; }

  /// counts()[truth][prediction]; waits for the device. This and all that
  /// follows throws UsageError when an index on a device was out of range.
  std::vector<std::vector<int64_t>> counts() const;

  /// Examples that are in no column of counts(), for a logit was NaN.
  int64_t undecided() const;

  /// The scores of one class. @throws UsageError when there is no such class.
  ClassScores of_class(int64_t index) const;

  /// The plain mean of all classes' scores; support is the number of examples.
  ClassScores macro() const;

  /// The mean of all classes' scores, each class weighing as much as it has
  /// examples, as scikit-learn's average="weighted"; the recall is the
  /// accuracy. @throws UsageError without examples.
  ClassScores weighted() const;

  /// Over all examples together: all three scores equal the accuracy, unless
  /// some are undecided.
  ClassScores micro() const;

 private:
  friend class ClassMetric;

  // `speaker`: who its errors come from.
  ConfusionMatrix(int64_t classes, std::string speaker);

  // A row of the counts: each class, and the undecided.
  int64_t width() const { return classes_ + 1; }
  std::vector<int64_t> flat_counts() const;
  int64_t column_of(const std::vector<int64_t>& counts, int64_t index) const;
  ClassScores scores_of(const std::vector<int64_t>& counts,
                        int64_t index) const;
  template <typename Weigh>
  ClassScores averaged(Weigh weigh) const;
  void check_range(const char* what, const at::Tensor& indices) const;
  void count_on_host(const at::Tensor& predicted, const at::Tensor& labels);
  void count_on_device(const at::Tensor& predictions, const at::Tensor& labels);

  std::string speaker_;
  int64_t classes_;
  std::vector<int64_t> host_;  // [truth × width() + prediction]
  at::Tensor device_;          // the same, int64, of what came from there
};

}  // namespace thexp
