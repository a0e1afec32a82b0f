#include "thexp/meters/auc.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "on_device.h"
#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

void check_scores(const at::Tensor& scores, const at::Tensor& labels) {
  bool is_column =
      scores.defined() &&
      (scores.dim() == 1 || (scores.dim() == 2 && scores.size(1) == 1));
  bool fits = is_column && labels.defined() && labels.dim() == 1 &&
              scores.size(0) == labels.size(0) && labels.size(0) > 0 &&
              scores.device() == labels.device() &&
              at::isFloatingType(scores.scalar_type()) &&
              at::isIntegralType(labels.scalar_type(), /*includeBool=*/true);
  if (fits) return;
  throw UsageError(fmt::format(
      "Auc takes floating scores [N] or [N, 1] and integer labels [N] on one "
      "device, N > 0, but the scores are {} and the labels {}",
      detail::describe(scores), detail::describe(labels)));
}

void check_binary(const at::Tensor& labels) {
  const int64_t* label = labels.data_ptr<int64_t>();
  for (int64_t row = 0; row < labels.numel(); ++row) {
    if (label[row] == 0 || label[row] == 1) continue;
    throw UsageError(fmt::format("Auc: label {} of row {} is neither 0 nor 1",
                                 label[row], row));
  }
}

// Any contiguous scores in doubles, with labels of any integer type.
template <typename Label>
void split_scores(const at::Tensor& scores,
                  const at::Tensor& labels,
                  std::vector<double>& positives,
                  std::vector<double>& negatives) {
  const double* score = scores.data_ptr<double>();
  const Label* label = labels.data_ptr<Label>();
  for (int64_t row = 0; row < labels.numel(); ++row) {
    (label[row] == 1 ? positives : negatives).push_back(score[row]);
  }
}

int64_t count_nan(const std::vector<double>& scores) {
  return std::count_if(scores.begin(), scores.end(),
                       [](double score) { return std::isnan(score); });
}

void check_no_nan(const std::vector<double>& positives,
                  const std::vector<double>& negatives) {
  int64_t nan = count_nan(positives) + count_nan(negatives);
  if (nan == 0) return;
  throw UsageError(fmt::format(
      "auc: {} of {} scores are NaN, which is neither above nor below another",
      nan, positives.size() + negatives.size()));
}

// Both sorted. Of all pairs, those in which the positive one is greater;
// counted twice, so that a tie, which is half of one, is whole.
uint64_t doubled_wins(const std::vector<double>& positives,
                      const std::vector<double>& negatives) {
  uint64_t wins = 0;
  std::size_t below = 0, up_to = 0;
  for (double score : positives) {
    while (below < negatives.size() && negatives[below] < score) ++below;
    while (up_to < negatives.size() && negatives[up_to] <= score) ++up_to;
    wins += below + up_to;
  }
  return wins;
}

std::vector<double> scores_from(const Value& state) {
  std::vector<double> scores;
  for (const Value& score : state.as_list()) {
    scores.push_back(real_from_state(score));
  }
  return scores;
}

}  // namespace

void Auc::update(const at::Tensor& scores, const at::Tensor& labels) {
  check_scores(scores, labels);
  at::NoGradGuard no_grad;
  at::Tensor column = scores.reshape({-1});
  if (labels.is_cpu()) {
    at::Tensor truth = labels.to(at::kLong).contiguous();
    check_binary(truth);
    split_scores<int64_t>(detail::host_doubles(column), truth, host_.positives,
                          host_.negatives);
  } else {
    keep_on_device(column, labels);
  }
}

void Auc::keep_on_device(const at::Tensor& scores, const at::Tensor& labels) {
  if (!device_.empty()) {
    detail::check_device("Auc", device_.front().first.device(),
                         scores.device());
  }
  device_.emplace_back(scores.clone(), detail::binary_labels(labels));
}

Auc::Scores Auc::all() const {
  Scores all = host_;
  if (device_.empty()) return all;
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> scores, labels;
  for (const auto& [some, truth] : device_) {
    scores.push_back(some);
    labels.push_back(truth);
  }
  at::Tensor truth = at::cat(labels).to(at::kCPU);
  if (int64_t wrong = truth.eq(2).sum().item<int64_t>(); wrong > 0) {
    throw UsageError(fmt::format("Auc: {} labels on {} are neither 0 nor 1",
                                 wrong, labels.front().device().str()));
  }
  split_scores<uint8_t>(detail::host_doubles(at::cat(scores)), truth,
                        all.positives, all.negatives);
  return all;
}

double Auc::value() const {
  Scores scores = all();
  auto& [positives, negatives] = scores;
  std::size_t examples = positives.size() + negatives.size();
  if (examples == 0) throw no_examples();
  if (positives.empty() || negatives.empty()) {
    throw UsageError(fmt::format(
        "auc: all {} labels are {}, but the area under the ROC curve needs "
        "examples of both classes",
        examples, positives.empty() ? 0 : 1));
  }
  check_no_nan(positives, negatives);
  std::sort(positives.begin(), positives.end());
  std::sort(negatives.begin(), negatives.end());
  auto wins = static_cast<double>(doubled_wins(positives, negatives));
  return wins / (2 * static_cast<double>(positives.size()) *
                 static_cast<double>(negatives.size()));
}

void Auc::reset() {
  host_ = {};
  device_.clear();
}

Value Auc::state() const {
  Scores scores = all();
  auto list = [](const std::vector<double>& some) {
    return Value::List(some.begin(), some.end());
  };
  return Value::Dict{{"positives", list(scores.positives)},
                     {"negatives", list(scores.negatives)}};
}

void Auc::load_state(const Value& state) {
  Scores loaded{scores_from(state.at("positives")),
                scores_from(state.at("negatives"))};
  reset();
  host_ = std::move(loaded);
}

}  // namespace thexp
