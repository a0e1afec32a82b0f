#pragma once

#include <string>
#include <unordered_map>

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
             std::string source,
             const AllocateBytes& allocate);

  /// @throws FormatError when the storage is absent, damaged, or too small.
  ArchiveTensor tensor(const PickleTensor& description);

  /// Checks the checksums of the entries that nobody asked for.
  void verify_rest() const;

 private:
  [[noreturn]] void fail(const std::string& problem) const;
  const ArchiveStorage& bytes_of(const TensorRecord& record);

  const ZipReader& zip_;
  std::string prefix_;
  std::string source_;
  const AllocateBytes& allocate_;
  std::unordered_map<std::string, ArchiveStorage> read_;  // by entry
};

}  // namespace thexp
