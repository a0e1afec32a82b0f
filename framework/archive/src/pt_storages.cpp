#include "pt_storages.h"

#include <fmt/format.h>

#include <utility>

#include "resolve_marks.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

// As much as repeats_too_often() lets one tensor take.
constexpr uint64_t kFreeForCopies = 1 << 20;
constexpr uint64_t kTimesForCopies = 16;

}  // namespace

PtStorages::PtStorages(const ZipReader& zip,
                       std::string prefix,
                       const ByteSource& source,
                       const AllocateBytes& allocate)
    : zip_(zip),
      prefix_(std::move(prefix)),
      source_(source),
      allocate_(allocate),
      copies_(kFreeForCopies, kTimesForCopies, source.size()) {}

void PtStorages::fail(const std::string& problem) const {
  throw FormatError::in_file(source_.name(), problem);
}

const ArchiveStorage& PtStorages::bytes_of(const TensorRecord& record) {
  std::string name = prefix_ + "data/" + record.key;
  auto known = read_.find(name);
  if (known != read_.end()) return known->second;
  const ZipReader::Entry* entry = zip_.find(name);
  if (entry == nullptr) {
    fail(fmt::format("there is no entry '{}', which a tensor needs", name));
  }
  auto size = static_cast<std::size_t>(entry->bytes);
  std::shared_ptr<void> memory = allocate_(size);
  zip_.read(*entry, memory.get());
  auto bytes = std::make_shared<ArchiveBytes>(
      ArchiveBytes{static_cast<const char*>(memory.get()), size, memory});
  return read_.emplace(name, std::move(bytes)).first->second;
}

void PtStorages::require_inside(const ArchiveTensor& tensor,
                                const TensorRecord& record) {
  std::size_t bytes = tensor.storage->size;
  auto held = static_cast<int64_t>(bytes / info_of(record.type).bytes);
  if (record.storage_elements > held) {
    fail(
        fmt::format("entry '{}data/{}' has {} bytes, too few for {} elements "
                    "of {}",
                    prefix_, record.key, bytes, record.storage_elements,
                    info_of(record.type).name));
  }
  int64_t needed = storage_reach(tensor);
  if (needed < 0 || needed > record.storage_elements) {
    fail(fmt::format("a tensor reaches beyond the end of its storage '{}'",
                     record.key));
  }
}

ArchiveTensor PtStorages::without_marks(const ArchiveTensor& view,
                                        const PickleTensor& marks) {
  auto allocate = [this](std::size_t bytes) {
    if (copies_.spend(bytes)) return allocate_(bytes);
    throw FormatError(fmt::format(
        "its conjugate and negative views take over {} bytes when computed, {} "
        "times the file's {} bytes and 1 MiB: resolve_conj() and resolve_neg() "
        "before saving make fewer",
        copies_.limit(), kTimesForCopies, source_.size()));
  };
  try {
    return resolve_marks(view, marks, allocate);
  } catch (const FormatError& error) {
    fail(error.what());
  }
}

ArchiveTensor PtStorages::view(const PickleTensor& description) {
  const TensorRecord& record = description.record;
  ArchiveTensor tensor{record.type, record.sizes, record.strides, record.offset,
                       bytes_of(record)};
  require_inside(tensor, record);
  bool marked = description.conjugate || description.negative;
  return marked ? without_marks(tensor, description) : tensor;
}

const ArchiveTensor& PtStorages::tensor(const PickleTensor& description) {
  auto known = tensors_.find(&description);
  if (known != tensors_.end()) return known->second;
  return tensors_.emplace(&description, view(description)).first->second;
}

void PtStorages::verify_rest() const {
  for (const ZipReader::Entry& entry : zip_.entries()) {
    if (read_.count(entry.name) == 0) zip_.verify(entry);
  }
}

}  // namespace thexp
