#include "thexp/meters/confusion_matrix.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "on_device.h"
#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

bool is_index(const at::Tensor& tensor) {
  return tensor.defined() && tensor.dim() == 1 &&
         at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false);
}

void check_shapes(const std::string& speaker,
                  const at::Tensor& predictions,
                  const at::Tensor& labels,
                  int64_t classes) {
  bool is_logits = predictions.defined() && predictions.dim() == 2 &&
                   predictions.size(1) == classes &&
                   at::isFloatingType(predictions.scalar_type());
  bool fits = (is_logits || is_index(predictions)) && is_index(labels) &&
              predictions.size(0) == labels.size(0) &&
              predictions.device() == labels.device();
  if (fits) return;
  throw UsageError(fmt::format(
      "{} takes logits [N, {}] or class indices [N], and labels [N] on the "
      "same device, but the predictions are {} and the labels {}",
      speaker, classes, detail::describe(predictions),
      detail::describe(labels)));
}

double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

ClassScores scores(int64_t hits, int64_t predicted, int64_t support) {
  return {ratio(hits, predicted), ratio(hits, support),
          ratio(2 * hits, predicted + support), support};
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int64_t classes)
    : ConfusionMatrix(classes, "ConfusionMatrix") {}

ConfusionMatrix::ConfusionMatrix(int64_t classes, std::string speaker)
    : speaker_(std::move(speaker)), classes_(classes) {
  if (classes < 1) {
    throw UsageError(fmt::format("{}: there must be 1 class or more, not {}",
                                 speaker_, classes));
  }
  host_.assign(static_cast<std::size_t>(classes * width()), 0);
}

void ConfusionMatrix::update(const at::Tensor& predictions,
                             const at::Tensor& labels) {
  check_shapes(speaker_, predictions, labels, classes_);
  at::NoGradGuard no_grad;
  at::Tensor truth = labels.to(at::kLong).contiguous();
  if (truth.is_cpu()) {
    check_range("label", truth);
    if (predictions.dim() == 1) {
      check_range("prediction", predictions.to(at::kLong).contiguous());
    }
    count_on_host(detail::predicted_classes(predictions, classes_).contiguous(),
                  truth);
  } else {
    count_on_device(predictions, truth);
  }
}

void ConfusionMatrix::check_range(const char* what,
                                  const at::Tensor& indices) const {
  const int64_t* index = indices.data_ptr<int64_t>();
  for (int64_t row = 0; row < indices.numel(); ++row) {
    if (index[row] >= 0 && index[row] < classes_) continue;
    throw UsageError(fmt::format("{}: {} {} of row {} is not within 0 and {}",
                                 speaker_, what, index[row], row,
                                 classes_ - 1));
  }
}

void ConfusionMatrix::count_on_host(const at::Tensor& predicted,
                                    const at::Tensor& labels) {
  const int64_t* prediction = predicted.data_ptr<int64_t>();
  const int64_t* label = labels.data_ptr<int64_t>();
  for (int64_t row = 0; row < labels.numel(); ++row) {
    ++host_[label[row] * width() + prediction[row]];
  }
}

// What is out of range is counted in one cell behind all others, and found
// when somebody reads: nothing here waits for the device.
void ConfusionMatrix::count_on_device(const at::Tensor& predictions,
                                      const at::Tensor& labels) {
  if (!device_.defined()) {
    c10::InferenceMode normal(false);
    device_ = at::zeros({classes_ * width() + 1}, labels.options());
  }
  at::Tensor place = detail::confusion_cells(predictions, labels, classes_);
  // bincount() would wait for the device to learn its size.
  device_.scatter_add_(0, place, at::ones_like(place));
}

std::vector<int64_t> ConfusionMatrix::flat_counts() const {
  std::vector<int64_t> counts = host_;
  if (!device_.defined()) return counts;
  at::Tensor host = device_.to(at::kCPU);
  const int64_t* count = host.data_ptr<int64_t>();
  for (int64_t& total : counts) total += *count++;
  if (*count == 0) return counts;
  throw UsageError(fmt::format(
      "{}: {} examples on {} have a label or a prediction that is not within 0 "
      "and {}",
      speaker_, *count, device_.device().str(), classes_ - 1));
}

std::vector<std::vector<int64_t>> ConfusionMatrix::counts() const {
  std::vector<int64_t> flat = flat_counts();
  std::vector<std::vector<int64_t>> rows;
  for (auto row = flat.begin(); row != flat.end(); row += width()) {
    rows.emplace_back(row, row + classes_);
  }
  return rows;
}

int64_t ConfusionMatrix::undecided() const {
  return column_of(flat_counts(), classes_);
}

double ConfusionMatrix::value() const { return micro().recall; }

int64_t ConfusionMatrix::column_of(const std::vector<int64_t>& counts,
                                   int64_t index) const {
  int64_t sum = 0;
  for (int64_t truth = 0; truth < classes_; ++truth) {
    sum += counts[truth * width() + index];
  }
  return sum;
}

ClassScores ConfusionMatrix::scores_of(const std::vector<int64_t>& counts,
                                       int64_t index) const {
  auto row = counts.begin() + index * width();
  int64_t support = std::accumulate(row, row + width(), int64_t{0});
  return scores(row[index], column_of(counts, index), support);
}

ClassScores ConfusionMatrix::of_class(int64_t index) const {
  if (index < 0 || index >= classes_) {
    throw UsageError(fmt::format("{}: there is no class {} of {} classes",
                                 speaker_, index, classes_));
  }
  return scores_of(flat_counts(), index);
}

template <typename Weigh>
ClassScores ConfusionMatrix::averaged(Weigh weigh) const {
  std::vector<int64_t> counts = flat_counts();
  ClassScores mean;
  double weights = 0;
  for (int64_t index = 0; index < classes_; ++index) {
    ClassScores one = scores_of(counts, index);
    double weight = weigh(one);
    mean.precision += weight * one.precision;
    mean.recall += weight * one.recall;
    mean.f1 += weight * one.f1;
    mean.support += one.support;
    weights += weight;
  }
  if (weights == 0) throw no_examples();
  mean.precision /= weights;
  mean.recall /= weights;
  mean.f1 /= weights;
  return mean;
}

ClassScores ConfusionMatrix::macro() const {
  return averaged([](const ClassScores&) { return 1.0; });
}

ClassScores ConfusionMatrix::weighted() const {
  return averaged([](const ClassScores& of_class) {
    return static_cast<double>(of_class.support);
  });
}

ClassScores ConfusionMatrix::micro() const {
  std::vector<int64_t> counts = flat_counts();
  int64_t all = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  if (all == 0) throw no_examples();
  int64_t hits = 0;
  for (int64_t i = 0; i < classes_; ++i) hits += counts[i * width() + i];
  return scores(hits, all - column_of(counts, classes_), all);
}

void ConfusionMatrix::reset() {
  device_.reset();
  host_.assign(host_.size(), 0);
}

Value ConfusionMatrix::state() const {
  std::vector<int64_t> counts = flat_counts();
  return Value::Dict{{"counts", Value::List(counts.begin(), counts.end())}};
}

// Before rows could be undecided a state had no column for them.
void ConfusionMatrix::load_state(const Value& state) {
  const Value::List& counts = state.at("counts").as_list();
  int64_t columns = static_cast<int64_t>(counts.size()) / classes_;
  bool fits =
      counts.size() == host_.size() ||
      counts.size() == host_.size() - static_cast<std::size_t>(classes_);
  if (!fits) {
    throw FormatError(
        fmt::format("{}: the state has {} counts, but {} classes have {}",
                    speaker_, counts.size(), classes_, host_.size()));
  }
  std::vector<int64_t> loaded(host_.size(), 0);
  for (int64_t i = 0; i < classes_ * columns; ++i) {
    loaded[i / columns * width() + i % columns] = counts[i].as_integer();
  }
  device_.reset();
  host_ = std::move(loaded);
}

}  // namespace thexp
