#include "thexp/meters/bleu.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cmath>

#include "bleu_counts.h"
#include "tensors.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

bool is_token_rows(const at::Tensor& tensor) {
  return tensor.defined() && tensor.dim() == 2 &&
         at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false);
}

void check_sentences(const at::Tensor& predictions,
                     const at::Tensor& references) {
  bool fits = is_token_rows(predictions) && is_token_rows(references) &&
              predictions.size(0) == references.size(0) &&
              predictions.size(0) > 0 &&
              predictions.device() == references.device();
  if (fits) return;
  throw UsageError(fmt::format(
      "Bleu takes token ids [N, T] and references [N, U] of as many sentences "
      "on one device, N > 0, but the predictions are {} and the references {}",
      detail::describe(predictions), detail::describe(references)));
}

void check_tokens(const char* what,
                  const at::Tensor& tokens,
                  std::optional<int64_t> padding) {
  at::Tensor bad =
      tokens.lt(0).bitwise_and_(detail::is_in_sentence(tokens, padding));
  if (!bad.any().item<bool>()) return;
  int64_t place = bad.reshape({-1}).to(at::kByte).argmax().item<int64_t>();
  int64_t row = place / tokens.size(1), column = place % tokens.size(1);
  throw UsageError(fmt::format(
      "Bleu: token {} at [{}, {}] of the {} is negative, but {}",
      tokens[row][column].item<int64_t>(), row, column, what,
      padding ? fmt::format("no padding, {}, comes before it", *padding)
              : "no padding was stated"));
}

template <std::size_t kSize>
Value list_of(const std::array<int64_t, kSize>& counts) {
  return Value::List(counts.begin(), counts.end());
}

template <std::size_t kSize>
std::array<int64_t, kSize> counts_from(const Value& state, const char* key) {
  const Value::List& list = state.at(key).as_list();
  if (list.size() != kSize) {
    throw FormatError(fmt::format("Bleu: the state has {} {}, not {}",
                                  list.size(), key, kSize));
  }
  std::array<int64_t, kSize> counts{};
  for (std::size_t i = 0; i < kSize; ++i) counts[i] = list[i].as_integer();
  return counts;
}

}  // namespace

void Bleu::update(const at::Tensor& predictions, const at::Tensor& references) {
  check_sentences(predictions, references);
  at::NoGradGuard no_grad;
  at::Tensor predicted = predictions.to(at::kLong);
  at::Tensor wanted = references.to(at::kLong);
  if (predicted.is_cpu()) {
    check_tokens("predictions", predicted, options_.padding());
    check_tokens("references", wanted, options_.padding());
  }
  at::Tensor found =
      detail::bleu_counts(predicted, wanted, options_.padding(), kLongest);
  if (found.is_cpu()) {
    add(host_, found);
  } else if (device_.defined()) {
    detail::check_device("Bleu", device_.device(), found.device());
    device_ = device_.add(found);
  } else {
    device_ = found;
  }
}

// `found`: as bleu_counts() gives it; waits for its device.
void Bleu::add(Counts& counts, const at::Tensor& found) const {
  at::Tensor host = found.to(at::kCPU);
  const int64_t* count = host.data_ptr<int64_t>();
  if (int64_t negative = count[2 * kLongest + 2]; negative > 0) {
    throw UsageError(fmt::format(
        "Bleu: {} tokens on {} are negative, with no padding before them",
        negative, found.device().str()));
  }
  for (int64_t& matches : counts.matches) matches += *count++;
  for (int64_t& total : counts.totals) total += *count++;
  counts.reference_length += *count++;
  counts.sentences += *count;
}

Bleu::Counts Bleu::all() const {
  Counts counts = host_;
  if (device_.defined()) add(counts, device_);
  return counts;
}

double Bleu::value() const {
  Counts counts = all();
  if (counts.sentences == 0) throw no_examples();
  double log_precisions = 0;
  for (int64_t i = 0; i < kLongest; ++i) {
    int64_t extra = options_.smooth() && i > 0;
    auto matches = static_cast<double>(counts.matches[i] + extra);
    if (matches == 0) return 0;
    log_precisions +=
        std::log(matches / static_cast<double>(counts.totals[i] + extra));
  }
  auto length = static_cast<double>(counts.totals[0]);
  auto wanted = static_cast<double>(counts.reference_length);
  double log_brevity = length < wanted ? 1 - wanted / length : 0;
  return std::exp(log_brevity + log_precisions / kLongest);
}

void Bleu::reset() {
  host_ = {};
  device_.reset();
}

Value Bleu::state() const {
  Counts counts = all();
  return Value::Dict{{"matches", list_of(counts.matches)},
                     {"totals", list_of(counts.totals)},
                     {"reference_length", counts.reference_length},
                     {"sentences", counts.sentences}};
}

void Bleu::load_state(const Value& state) {
  Counts loaded{counts_from<kLongest>(state, "matches"),
                counts_from<kLongest>(state, "totals"),
                state.at("reference_length").as_integer(),
                state.at("sentences").as_integer()};
  reset();
  host_ = loaded;
}

}  // namespace thexp
