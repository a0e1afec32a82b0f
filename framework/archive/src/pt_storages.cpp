#include "pt_storages.h"

#include <fmt/format.h>

#include <utility>

#include "resolve_marks.h"
#include "thexp/base/error.h"

namespace thexp {

PtStorages::PtStorages(const ZipReader& zip,
                       std::string prefix,
                       std::string source,
                       const AllocateBytes& allocate)
    : zip_(zip),
      prefix_(std::move(prefix)),
      source_(std::move(source)),
      allocate_(allocate) {}

void PtStorages::fail(const std::string& problem) const {
  throw FormatError::in_file(source_, problem);
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

ArchiveTensor PtStorages::tensor(const PickleTensor& description) {
  const TensorRecord& record = description.record;
  const ArchiveStorage& bytes = bytes_of(record);
  ArchiveTensor tensor{record.type, record.sizes, record.strides, record.offset,
                       bytes};
  auto held =
      static_cast<std::int64_t>(bytes->size / info_of(record.type).bytes);
  if (record.storage_elements > held) {
    fail(
        fmt::format("entry '{}data/{}' has {} bytes, too few for {} elements "
                    "of {}",
                    prefix_, record.key, bytes->size, record.storage_elements,
                    info_of(record.type).name));
  }
  std::int64_t needed = storage_reach(tensor);
  if (needed < 0 || needed > record.storage_elements) {
    fail(fmt::format("a tensor reaches beyond the end of its storage '{}'",
                     record.key));
  }
  bool marked = description.conjugate || description.negative;
  if (!marked) return tensor;
  try {
    return resolve_marks(tensor, description, allocate_);
  } catch (const FormatError& error) {
    fail(error.what());
  }
}

void PtStorages::verify_rest() const {
  for (const ZipReader::Entry& entry : zip_.entries()) {
    if (read_.count(entry.name) == 0) zip_.verify(entry);
  }
}

}  // namespace thexp
