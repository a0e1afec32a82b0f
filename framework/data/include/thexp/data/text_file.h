#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "thexp/data/dataset.h"

namespace thexp {

/// The whole file as text. @throws FileError when it cannot be read;
/// FormatError with the offset when it is not UTF-8.
std::string read_text_file(const std::filesystem::path& path);

/// Numbers for characters (UTF-8 code points), and back.
class CharVocabulary {
 public:
  /// The distinct characters of a text, in the order of their code points.
  /// @throws DataError with the offset when it is not UTF-8.
  static CharVocabulary of_text(std::string_view text);

  /// Characters in the order of their numbers, as characters() gave them.
  /// @throws UsageError when one comes twice or is not a single character.
  explicit CharVocabulary(std::vector<std::string> characters);

  int64_t size() const { return static_cast<int64_t>(characters_.size()); }
  const std::vector<std::string>& characters() const { return characters_; }

  /// int64 [number of characters]. @throws DataError with the offset of a
  /// character that is not in the vocabulary.
  at::Tensor encode(std::string_view text) const;

  /// The text of int64 numbers of any shape. @throws DataError when one is out
  /// of range, UsageError when the tensor is not int64.
  std::string decode(const at::Tensor& numbers) const;

 private:
  std::vector<std::string> characters_;
  std::unordered_map<std::string, int64_t> numbers_;
};

/// Every window of a sequence, for next-token models: example i is
/// tokens[i … i+length) and, as the target, tokens[i+1 … i+length+1).
/// Batches are two int64 tensors [B, length].
class WindowDataset : public Dataset {
 public:
  /// `tokens` is int64 [N]. @throws UsageError when it is not, or when it is
  /// shorter than length + 1.
  WindowDataset(at::Tensor tokens, int64_t length);

  int64_t size() const override { return tokens_.size(0) - length_; }
  Batch get(at::IntArrayRef indices) const override;
  void get_into(at::IntArrayRef indices,
                TensorPool& pool,
                Batch& out) const override;

 private:
  at::Tensor tokens_;
  int64_t length_;
};

}  // namespace thexp
