#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "thexp/meters/confusion_matrix.h"
#include "thexp/meters/metric.h"

namespace thexp {

/// How the classes' scores become one: as ConfusionMatrix's micro(), macro()
/// and weighted(), and as scikit-learn's `average`.
enum class Average { kMicro, kMacro, kWeighted };

/// The one class whose score is asked for: `Recall(2, OneClass{1})`.
struct OneClass {
  int64_t index;
};

/// What Precision, Recall and F1 share: one score of a ConfusionMatrix.
class ClassMetric : public Metric {
 public:
  bool higher_is_better() const override { return true; }

  /// `predictions`: logits [N, classes] or class indices [N]. `labels`: class
  /// indices [N]. All of ConfusionMatrix::update() holds.
  void update(const at::Tensor& predictions, const at::Tensor& labels) override;

  /// @throws UsageError without examples, and when an index on a device was
  /// out of range.
  double value() const override;
  void reset() override;
  Value state() const override;
  void load_state(const Value& state) override;

  /// The counts that the score comes from.
  const ConfusionMatrix& matrix() const { return matrix_; }

 protected:
  ClassMetric(const char* title, int64_t classes, Average average);
  ClassMetric(const char* title, int64_t classes, OneClass one);

 private:
  virtual double pick(const ClassScores& scores) const = 0;
  ClassScores scores() const;

  ConfusionMatrix matrix_;
  std::variant<Average, OneClass> of_;
};

/// Of the examples predicted to be of a class, the share that are.
class Precision : public ClassMetric {
 public:
  /// @throws UsageError when classes < 1.
  explicit Precision(int64_t classes, Average average = Average::kMacro)
      : ClassMetric("Precision", classes, average) {}
  /// @throws UsageError when there is no such class.
  Precision(int64_t classes, OneClass one)
      : ClassMetric("Precision", classes, one) {}

  std::string name() const override { return "precision"; }

 private:
  double pick(const ClassScores& scores) const override {
    return scores.precision;
  }
};

/// Of the examples of a class, the share predicted to be of it.
class Recall : public ClassMetric {
 public:
  /// @throws UsageError when classes < 1.
  explicit Recall(int64_t classes, Average average = Average::kMacro)
      : ClassMetric("Recall", classes, average) {}
  /// @throws UsageError when there is no such class.
  Recall(int64_t classes, OneClass one) : ClassMetric("Recall", classes, one) {}

  std::string name() const override { return "recall"; }

 private:
  double pick(const ClassScores& scores) const override {
    return scores.recall;
  }
};

/// The harmonic mean of a class's precision and recall.
class F1 : public ClassMetric {
 public:
  /// @throws UsageError when classes < 1.
  explicit F1(int64_t classes, Average average = Average::kMacro)
      : ClassMetric("F1", classes, average) {}
  /// @throws UsageError when there is no such class.
  F1(int64_t classes, OneClass one) : ClassMetric("F1", classes, one) {}

  std::string name() const override { return "f1"; }

 private:
  double pick(const ClassScores& scores) const override { return scores.f1; }
};

}  // namespace thexp
