#include "pt_storages.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tensor_bytes.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

// Elements of the storage that the tensor reaches, or -1 when that number, or
// the number of the tensor's own elements, does not fit into 64 bits.
std::int64_t reach(const TensorRecord& record) {
  std::int64_t last = record.offset, elements = 1;
  bool empty = false, over = false;
  for (std::size_t i = 0; i < record.sizes.size(); ++i) {
    std::int64_t size = std::max<std::int64_t>(record.sizes[i], 1), steps = 0;
    over |= __builtin_mul_overflow(elements, size, &elements);
    over |= __builtin_mul_overflow(size - 1, record.strides[i], &steps);
    over |= __builtin_add_overflow(last, steps, &last);
    empty |= record.sizes[i] == 0;
  }
  over |= __builtin_add_overflow(last, 1, &last);
  if (over) return -1;
  return empty ? 0 : last;
}

}  // namespace

PtStorages::PtStorages(const ZipReader& zip,
                       std::string prefix,
                       std::string source)
    : zip_(zip), prefix_(std::move(prefix)), source_(std::move(source)) {}

void PtStorages::fail(const std::string& problem) const {
  throw FormatError::in_file(source_, problem);
}

const at::Tensor& PtStorages::bytes_of(const TensorRecord& record) {
  std::string name = prefix_ + "data/" + record.key;
  auto known = read_.find(name);
  if (known != read_.end()) return known->second;
  const ZipReader::Entry* entry = zip_.find(name);
  if (entry == nullptr) {
    fail(fmt::format("there is no entry '{}', which a tensor needs", name));
  }
  at::Tensor bytes =
      at::empty({static_cast<std::int64_t>(entry->bytes)}, at::kByte);
  zip_.read(*entry, bytes.data_ptr());
  return read_.emplace(name, std::move(bytes)).first->second;
}

at::Tensor PtStorages::tensor(const PickleTensor& description) {
  const TensorRecord& record = description.record;
  const at::Tensor& bytes = bytes_of(record);
  auto item = static_cast<std::int64_t>(info_of(record.type).bytes);
  std::int64_t needed = reach(record);
  if (record.storage_elements > bytes.numel() / item) {
    fail(
        fmt::format("entry '{}data/{}' has {} bytes, too few for {} elements "
                    "of {}",
                    prefix_, record.key, bytes.numel(), record.storage_elements,
                    info_of(record.type).name));
  }
  if (needed < 0 || needed > record.storage_elements) {
    fail(fmt::format("a tensor reaches beyond the end of its storage '{}'",
                     record.key));
  }
  at::Tensor tensor = at::empty({0}, scalar_type_of(record.type));
  tensor.set_(bytes.storage(), record.offset, record.sizes, record.strides);
  if (description.conjugate) tensor = tensor.conj().resolve_conj();
  if (description.negative) tensor = tensor.neg();
  return tensor;
}

void PtStorages::verify_rest() const {
  for (const ZipReader::Entry& entry : zip_.entries()) {
    if (read_.count(entry.name) == 0) zip_.verify(entry);
  }
}

}  // namespace thexp
