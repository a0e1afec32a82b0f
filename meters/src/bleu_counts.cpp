#include "bleu_counts.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tril.h>

#include <vector>

namespace thexp::detail {
namespace {

struct Sentences {
  at::Tensor tokens;   // [N, T]
  at::Tensor is_word;  // bool, alike: within the sentence
};

// bool [N, T, U]: the word of `a` at a place is that of `b` at another.
at::Tensor same_words(const Sentences& a, const Sentences& b) {
  return a.tokens.unsqueeze(2)
      .eq(b.tokens.unsqueeze(1))
      .bitwise_and_(a.is_word.unsqueeze(2))
      .bitwise_and_(b.is_word.unsqueeze(1));
}

// Where the n-grams are the same and so are those one place on, the
// (n + 1)-grams are.
at::Tensor same_and_next(const at::Tensor& same) {
  at::Tensor here = same.slice(1, 0, -1).slice(2, 0, -1);
  return here.bitwise_and(same.slice(1, 1).slice(2, 1));
}

at::Tensor negative_words(const Sentences& sentences) {
  return sentences.tokens.lt(0).bitwise_and_(sentences.is_word).sum();
}

}  // namespace

at::Tensor is_in_sentence(const at::Tensor& tokens,
                          std::optional<int64_t> padding) {
  if (!padding) return at::ones_like(tokens, at::kBool);
  return tokens.ne(*padding).cumprod(1).to(at::kBool);
}

at::Tensor bleu_counts(const at::Tensor& predictions,
                       const at::Tensor& references,
                       std::optional<int64_t> padding,
                       int64_t longest) {
  Sentences predicted{predictions, is_in_sentence(predictions, padding)};
  Sentences wanted{references, is_in_sentence(references, padding)};
  // Each n-gram against those before it and itself, and the reference's.
  at::Tensor repeats = at::tril(same_words(predicted, predicted));
  at::Tensor matches = same_words(predicted, wanted);
  std::vector<at::Tensor> matched, total;
  for (int64_t n = 1; n <= longest; ++n) {
    // The first, second, … of its kind in the sentence; 0 where there is none.
    at::Tensor rank = repeats.sum(2);
    at::Tensor is_ngram = rank.gt(0);
    matched.push_back(rank.le(matches.sum(2)).bitwise_and_(is_ngram).sum());
    total.push_back(is_ngram.sum());
    repeats = same_and_next(repeats);
    matches = same_and_next(matches);
  }
  matched.insert(matched.end(), total.begin(), total.end());
  matched.push_back(wanted.is_word.sum());
  matched.push_back(at::full({}, predictions.size(0), predictions.options()));
  matched.push_back(negative_words(predicted).add(negative_words(wanted)));
  return at::stack(matched);
}

}  // namespace thexp::detail
