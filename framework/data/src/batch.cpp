#include "thexp/data/batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "tsan.h"

namespace thexp {

Batch::Batch() = default;
Batch::Batch(std::vector<at::Tensor> tensors) : tensors_(std::move(tensors)) {}
Batch::Batch(const Batch&) = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(const Batch&) = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch() = default;

const at::Tensor& Batch::operator[](std::size_t i) const {
  if (i >= tensors_.size()) {
    throw UsageError(
        fmt::format("batch[{}] does not exist: the batch holds {} tensors", i,
                    tensors_.size()));
  }
  return tensors_[i];
}

void Batch::set(std::size_t i, at::Tensor tensor) {
  (*this)[i];
  tensors_[i] = std::move(tensor);
}

int64_t Batch::size() const {
  if (size_ >= 0) return size_;
  if (!tensors_.empty()) {
    return tensors_[0].dim() == 0 ? 1 : tensors_[0].size(0);
  }
  return parts_.empty() ? 0 : parts_[0].size();
}

const Batch& Batch::part(const std::string& name) const {
  auto found = std::find(part_names_.begin(), part_names_.end(), name);
  if (found == part_names_.end()) {
    throw UsageError(fmt::format("the batch has no part '{}'; it has: {}", name,
                                 part_names_.empty()
                                     ? "none (it does not come from a zip)"
                                     : join(part_names_, ", ")));
  }
  return parts_[static_cast<std::size_t>(found - part_names_.begin())];
}

void Batch::add_part(std::string name, Batch part) {
  if (std::find(part_names_.begin(), part_names_.end(), name) !=
      part_names_.end()) {
    throw UsageError(fmt::format("the batch has a part '{}' already", name));
  }
  part_names_.push_back(std::move(name));
  parts_.push_back(std::move(part));
}

Batch Batch::to(const at::Device& device, bool non_blocking) const {
  Batch moved(*this);
  for (at::Tensor& tensor : moved.tensors_) {
    if (tensor.defined()) {
      tensor = tensor.to(device, tensor.scalar_type(), non_blocking);
    }
  }
  for (Batch& part : moved.parts_) part = part.to(device, non_blocking);
  return moved;
}

bool Batch::can_split() const {
  const int64_t examples = size();
  auto has_them = [examples](const at::Tensor& tensor) {
    return tensor.defined() && tensor.dim() > 0 && tensor.size(0) == examples;
  };
  auto splits = [examples](const Batch& part) {
    return part.size() == examples && part.can_split();
  };
  return !has_extra() &&
         std::all_of(tensors_.begin(), tensors_.end(), has_them) &&
         std::all_of(parts_.begin(), parts_.end(), splits);
}

Batch Batch::from(int64_t first) const {
  const int64_t examples = size();
  if (!can_split() || first < 0 || first > examples) {
    throw UsageError(fmt::format("batch.from({}): the batch has {} examples{}",
                                 first, examples,
                                 can_split() ? "" : " and cannot be split"));
  }
  Batch rest;
  if (size_ >= 0) rest.set_size(examples - first);
  for (const at::Tensor& tensor : tensors_) {
    rest.add(tensor.narrow(0, first, examples - first));
  }
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    rest.add_part(part_names_[i], parts_[i].from(first));
  }
  return rest;
}

void Batch::clear() {
  detail::before_memory_is_let_go();
  tensors_.clear();
  size_ = -1;
  part_names_.clear();
  parts_.clear();
  extra_.reset();
}

void Batch::check_count(std::size_t wanted) const {
  if (tensors_.size() == wanted) return;
  throw UsageError(
      fmt::format("batch.as<{}>() was asked for {} tensors, but the batch "
                  "holds {}",
                  wanted, wanted, tensors_.size()));
}

void Batch::fail_extra(const char* wanted) const {
  throw UsageError(
      extra_.has_value()
          ? fmt::format("batch.extra<T>() was asked for type {}, but holds {} "
                        "(names as the compiler mangles them)",
                        wanted, extra_.type().name())
          : std::string("batch.extra<T>() was asked for, but none was set"));
}

}  // namespace thexp
