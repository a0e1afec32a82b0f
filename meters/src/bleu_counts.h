#pragma once

#include <cstdint>
#include <optional>

#include "ATen/core/Tensor.h"

// What Bleu counts where the tokens are, with no wait for a device.
namespace thexp::detail {

/// bool, of the shape of `tokens` [N, T]: before the row's first padding.
at::Tensor is_in_sentence(const at::Tensor& tokens,
                          std::optional<int64_t> padding);

/// int64 [2 × longest + 3], for token ids [N, T] and [N, U] (int64): the
/// matched n-grams of each length, the n-grams of each length in the
/// predictions, the references' length, the sentences, and the negative tokens
/// of both.
at::Tensor bleu_counts(const at::Tensor& predictions,
                       const at::Tensor& references,
                       std::optional<int64_t> padding,
                       int64_t longest);

}  // namespace thexp::detail
