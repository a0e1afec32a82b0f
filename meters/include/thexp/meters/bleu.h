#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "thexp/meters/metric.h"

namespace thexp {

class BleuOptions {
 public:
  /// The token that ends a sentence: it counts for nothing, nor does what
  /// comes after it in its row. Default: none, every row is a whole sentence.
  BleuOptions& padding(int64_t value) {
    padding_ = value;
    return *this;
  }
  std::optional<int64_t> padding() const { return padding_; }

  /// Adds 1 to the matches and to the number of 2-grams, 3-grams and 4-grams
  /// (Lin and Och, 2004), so that a small set without a 4-gram in common is
  /// not 0. Default false.
  BleuOptions& smooth(bool value) {
    smooth_ = value;
    return *this;
  }
  bool smooth() const { return smooth_; }

 private:
  std::optional<int64_t> padding_;
  bool smooth_ = false;
};

/// BLEU of a whole corpus, 1-grams to 4-grams, one reference a sentence
/// (Papineni et al., 2002): the geometric mean of the shares of n-grams that
/// are in the reference, each as often as there at most, times
/// exp(1 - references' length / predictions' length) where the predictions are
/// shorter. Over token ids: compare scores of one tokenizer only.
class Bleu : public Metric {
 public:
  static constexpr int64_t kLongest = 4;

  explicit Bleu(BleuOptions options = {}) : options_(options) {}

  std::string name() const override { return "bleu"; }
  bool higher_is_better() const override { return true; }

  /// `predictions` [N, T] and `references` [N, U], token ids: integers of 0 or
  /// more before the padding. N > 0. Takes some N × T × (T + U) bytes while it
  /// runs.
  /// @throws UsageError showing the shapes when they do not fit, or on the CPU
  /// naming a negative token. On a device value() and state() throw.
  void update(const at::Tensor& predictions,
              const at::Tensor& references) override;

  /// Within 0 and 1 (others print it times 100). 0 where no n-gram of some
  /// length is matched, or the predictions have none.
  /// @throws UsageError without sentences.
  double value() const override;
  void reset() override;
  Value state() const override;
  void load_state(const Value& state) override;

 private:
  struct Counts {
    std::array<int64_t, kLongest> matches{};  // of 1-grams, 2-grams, …
    std::array<int64_t, kLongest> totals{};   // n-grams of the predictions
    int64_t reference_length = 0;
    int64_t sentences = 0;
  };
  void add(Counts& counts, const at::Tensor& found) const;
  Counts all() const;

  BleuOptions options_;
  Counts host_;
  at::Tensor device_;  // bleu_counts(), summed up
};

}  // namespace thexp
