#include "thexp/meters/precision_recall.h"

namespace thexp {

ClassMetric::ClassMetric(const char* title, int64_t classes, Average average)
    : matrix_(classes, title), of_(average) {}

ClassMetric::ClassMetric(const char* title, int64_t classes, OneClass one)
    : matrix_(classes, title), of_(one) {
  matrix_.of_class(one.index);  // throws when there is none
}

void ClassMetric::update(const at::Tensor& predictions,
                         const at::Tensor& labels) {
  matrix_.update(predictions, labels);
}

double ClassMetric::value() const {
  if (matrix_.macro().support == 0) throw no_examples();
  return pick(scores());
}

ClassScores ClassMetric::scores() const {
  if (const auto* one = std::get_if<OneClass>(&of_)) {
    return matrix_.of_class(one->index);
  }
  switch (std::get<Average>(of_)) {
    case Average::kMicro:
      return matrix_.micro();
    case Average::kWeighted:
      return matrix_.weighted();
    default:
      return matrix_.macro();
  }
}

void ClassMetric::reset() { matrix_.reset(); }

Value ClassMetric::state() const { return matrix_.state(); }

void ClassMetric::load_state(const Value& state) { matrix_.load_state(state); }

}  // namespace thexp
