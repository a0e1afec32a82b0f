#include "thexp/data/text_file.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cstring>
#include <set>

#include "gather.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/file_kind.h"
#include "thexp/base/utf8.h"

namespace thexp {
namespace {

// Calls `use` with each character; returns the offset of the first byte that
// is not UTF-8, or npos.
template <typename Use>
std::size_t for_each_character(std::string_view text, Use use) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = utf8_character(text, at).bytes;
    if (bytes == 0) return at;
    use(text.substr(at, bytes), at);
    at += bytes;
  }
  return std::string_view::npos;
}

std::string not_utf8(std::string_view text, std::size_t offset) {
  return fmt::format("at offset {}: byte {:02x} is not UTF-8", offset,
                     static_cast<uint8_t>(text[offset]));
}

}  // namespace

std::string read_text_file(const std::filesystem::path& path) {
  std::string text = read_file(path);
  refuse_kind(path.string(), foreign_to_text(text), "a text");
  const std::size_t bad = find_invalid_utf8(text);
  if (bad != std::string::npos) {
    throw FormatError::in_file(path.string(), not_utf8(text, bad));
  }
  return text;
}

CharVocabulary CharVocabulary::of_text(std::string_view text) {
  // UTF-8 sorts like the code points do.
  std::set<std::string, std::less<>> distinct;
  const std::size_t bad =
      for_each_character(text, [&](std::string_view c, std::size_t) {
        if (distinct.find(c) == distinct.end()) distinct.emplace(c);
      });
  if (bad != std::string_view::npos) throw DataError(not_utf8(text, bad));
  return CharVocabulary({distinct.begin(), distinct.end()});
}

CharVocabulary::CharVocabulary(std::vector<std::string> characters)
    : characters_(std::move(characters)) {
  for (std::size_t i = 0; i < characters_.size(); ++i) {
    const std::string& c = characters_[i];
    if (c.empty() || utf8_character(c, 0).bytes != c.size()) {
      throw UsageError(fmt::format(
          "CharVocabulary: entry {} is '{}', not one character", i, c));
    }
    if (!numbers_.emplace(c, static_cast<int64_t>(i)).second) {
      throw UsageError(
          fmt::format("CharVocabulary: the character '{}' comes twice", c));
    }
  }
}

at::Tensor CharVocabulary::encode(std::string_view text) const {
  std::vector<int64_t> numbers;
  numbers.reserve(text.size());
  const std::size_t bad =
      for_each_character(text, [&](std::string_view c, std::size_t offset) {
        auto found = numbers_.find(std::string(c));
        if (found == numbers_.end()) {
          throw DataError(fmt::format(
              "the character '{}' at offset {} is not in the vocabulary of {}",
              c, offset, size()));
        }
        numbers.push_back(found->second);
      });
  if (bad != std::string_view::npos) throw DataError(not_utf8(text, bad));
  at::Tensor result =
      at::empty({static_cast<int64_t>(numbers.size())}, at::dtype(at::kLong));
  if (!numbers.empty()) {
    std::memcpy(result.data_ptr(), numbers.data(),
                numbers.size() * sizeof(int64_t));
  }
  return result;
}

std::string CharVocabulary::decode(const at::Tensor& numbers) const {
  if (numbers.scalar_type() != at::kLong) {
    throw UsageError(fmt::format("CharVocabulary::decode needs int64, got {}",
                                 c10::toString(numbers.scalar_type())));
  }
  const at::Tensor flat = numbers.to(at::kCPU).contiguous();
  const auto* at = static_cast<const int64_t*>(flat.data_ptr());
  std::string text;
  for (int64_t i = 0; i < flat.numel(); ++i) {
    if (at[i] < 0 || at[i] >= size()) {
      throw DataError(
          fmt::format("number {} at position {} is not in the vocabulary of {}",
                      at[i], i, size()));
    }
    text += characters_[static_cast<std::size_t>(at[i])];
  }
  return text;
}

WindowDataset::WindowDataset(at::Tensor tokens, int64_t length)
    : tokens_(std::move(tokens)), length_(length) {
  if (tokens_.scalar_type() != at::kLong || tokens_.dim() != 1 ||
      !detail::has_plain_rows(tokens_)) {
    throw UsageError(
        "WindowDataset: tokens must be a contiguous int64 CPU tensor of one "
        "dimension");
  }
  if (length < 1 || tokens_.size(0) <= length) {
    throw UsageError(
        fmt::format("WindowDataset: a window's length is at least 1 and below "
                    "the number of "
                    "tokens, but it is {} of {}",
                    length, tokens_.size(0)));
  }
}

Batch WindowDataset::get(at::IntArrayRef indices) const {
  TensorPool pool;
  Batch batch;
  get_into(indices, pool, batch);
  return batch;
}

void WindowDataset::get_into(at::IntArrayRef indices,
                             TensorPool& pool,
                             Batch& out) const {
  detail::check_indices(indices, size());
  out.clear();
  const auto* tokens = static_cast<const int64_t*>(tokens_.data_ptr());
  for (int64_t shift : {0, 1}) {
    at::Tensor windows =
        pool.take({static_cast<int64_t>(indices.size()), length_}, at::kLong);
    auto* to = static_cast<int64_t*>(windows.data_ptr());
    for (int64_t index : indices) {
      std::memcpy(to, tokens + index + shift,
                  static_cast<std::size_t>(length_) * sizeof(int64_t));
      to += length_;
    }
    out.add(std::move(windows));
  }
}

}  // namespace thexp
