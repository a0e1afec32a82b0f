#pragma once

#include <string>
#include <unordered_map>

#include "memory_budget.h"
#include "pickle_node.h"
#include "thexp/archive/archive_value.h"
#include "zip_reader.h"

namespace thexp {

/// The storages of a .pt archive, each read once and shared by its tensors.
class PtStorages {
 public:
  /// @param prefix the archive's folder with its slash: "archive/".
  PtStorages(const ZipReader& zip,
             std::string prefix,
             const ByteSource& source,
             const AllocateBytes& allocate);

  /// The same for each reference to one description, with what was computed
  /// for it. @throws FormatError when the storage is absent, damaged, or too
  /// small, or the file's views would take too much when computed.
  /// @param description lives as long as this.
  const ArchiveTensor& tensor(const PickleTensor& description);

  /// Checks the checksums of the entries that were not asked for.
  void verify_rest() const;

 private:
  [[noreturn]] void fail(const std::string& problem) const;
  const ArchiveStorage& bytes_of(const TensorRecord& record);
  void require_inside(const ArchiveTensor& tensor, const TensorRecord& record);
  ArchiveTensor view(const PickleTensor& description);
  ArchiveTensor without_marks(const ArchiveTensor& view,
                              const PickleTensor& marks);

  const ZipReader& zip_;
  std::string prefix_;
  const ByteSource& source_;
  const AllocateBytes& allocate_;
  MemoryBudget copies_;                                   // of views with marks
  std::unordered_map<std::string, ArchiveStorage> read_;  // by entry
  std::unordered_map<const PickleTensor*, ArchiveTensor> tensors_;
};

}  // namespace thexp
