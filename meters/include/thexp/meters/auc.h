#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "thexp/meters/metric.h"

namespace thexp {

/// The area under the ROC curve of two classes: the share of all pairs of a
/// positive and a negative example in which the positive one has the greater
/// score, a tie counting half (Hanley and McNeil, 1982). Exact, and equal to
/// scikit-learn's roc_auc_score().
///
/// Keeps every score until reset(), and in its state: 8 bytes an example from
/// the CPU; from a device the score's own type and a byte, there.
class Auc : public Metric {
 public:
  std::string name() const override { return "auc"; }
  bool higher_is_better() const override { return true; }

  /// `scores`: [N] or [N, 1], floating, greater for the positive class:
  /// logits or probabilities. `labels`: [N], integers or bool, 1 for positive
  /// and 0 for negative. N > 0.
  /// @throws UsageError showing the shapes when they do not fit, or on the CPU
  /// naming a label that is neither. On a device value() and state() throw.
  void update(const at::Tensor& scores, const at::Tensor& labels) override;

  /// Within 0 and 1; 0.5 is chance. Takes O(N log N) time.
  /// @throws UsageError without examples, when all are of one class, and when
  /// a score is NaN.
  double value() const override;
  void reset() override;

  /// {"positives": [scores], "negatives": [scores]}
  Value state() const override;
  void load_state(const Value& state) override;

 private:
  struct Scores {
    std::vector<double> positives, negatives;
  };
  void keep_on_device(const at::Tensor& scores, const at::Tensor& labels);
  Scores all() const;

  Scores host_;
  // Batches as they came: scores [N], and labels [N] (2 for one out of range).
  std::vector<std::pair<at::Tensor, at::Tensor>> device_;
};

}  // namespace thexp
