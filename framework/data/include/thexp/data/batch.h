#pragma once

#include <any>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"

namespace thexp {

/// What a loader yields: some tensors with the examples along dimension 0.
/// A custom collate function may add any further value (`extra`), and zipped
/// sources give named batches (`part`). Copies share the tensors.
class Batch {
 public:
  Batch();
  explicit Batch(std::vector<at::Tensor> tensors);
  Batch(const Batch&);
  Batch(Batch&&) noexcept;
  Batch& operator=(const Batch&);
  Batch& operator=(Batch&&) noexcept;
  ~Batch();

  /// All tensors, for structured bindings:
  ///     auto [images, labels] = batch.as<2>();
  /// @throws UsageError with both numbers when the batch does not hold N.
  template <std::size_t N>
  std::array<at::Tensor, N> as() const {
    check_count(N);
    std::array<at::Tensor, N> result;
    for (std::size_t i = 0; i < N; ++i) result[i] = tensors_[i];
    return result;
  }

  /// The i-th tensor. @throws UsageError when there are fewer.
  const at::Tensor& operator[](std::size_t i) const;

  /// How many tensors there are.
  std::size_t tensors() const { return tensors_.size(); }

  /// Appends a tensor.
  void add(at::Tensor tensor) { tensors_.push_back(std::move(tensor)); }

  /// Replaces the i-th tensor. @throws UsageError when there are fewer.
  void set(std::size_t i, at::Tensor tensor);

  /// The number of examples: what set_size() said; else size(0) of the first
  /// tensor; else the size of the first part; else 0.
  int64_t size() const;
  void set_size(int64_t examples) { size_ = examples; }

  /// The part of a zipped batch that came from the source of this name.
  /// @throws UsageError with the names that there are.
  const Batch& part(const std::string& name) const;
  const std::vector<std::string>& part_names() const { return part_names_; }
  /// @throws UsageError when the name is taken.
  void add_part(std::string name, Batch part);

  /// Any further value, as a custom collate function gives it.
  void set_extra(std::any value) { extra_ = std::move(value); }
  bool has_extra() const { return extra_.has_value(); }
  /// @throws UsageError when there is none, or one of another type.
  template <typename T>
  const T& extra() const {
    const T* value = std::any_cast<T>(&extra_);
    if (value == nullptr) fail_extra(typeid(T).name());
    return *value;
  }

  /// A batch with all tensors, those of parts included, on `device`. Tensors
  /// that are there already are shared; `extra` is passed on as it is.
  /// `non_blocking` has an effect for pinned memory only.
  Batch to(const at::Device& device, bool non_blocking = false) const;

  /// The examples from the `first` on: views of the same tensors.
  /// @throws UsageError unless can_split(), or when there are fewer.
  Batch from(int64_t first) const;
  /// True when examples are along dimension 0 of everything that it holds: of
  /// each tensor and of each part, and there is no `extra`.
  bool can_split() const;

  /// Empties the batch, and keeps its memory for the next one.
  void clear();

 private:
  void check_count(std::size_t wanted) const;
  [[noreturn]] void fail_extra(const char* wanted) const;

  std::vector<at::Tensor> tensors_;
  int64_t size_ = -1;
  std::vector<std::string> part_names_;
  std::vector<Batch> parts_;
  std::any extra_;
};

}  // namespace thexp
