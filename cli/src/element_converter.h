#pragma once

#include <map>
#include <string>

#include "view_reads.h"

namespace thexp::cli {

// Makes real tensors of another width, each view once.
class ElementConverter {
 public:
  // All together may become as much as ReadAllowance lets a file's tensors be.
  ElementConverter(ElementType type, uint64_t file_bytes)
      : type_(type), allowance_(file_bytes) {}

  // The tensor itself when it is not real, or is of that type. UsageError
  // naming it when values that were finite would not be.
  ArchiveTensor convert(const ArchiveTensor& tensor, const std::string& name);

  // All tensors in a tree.
  ArchiveValue convert(const ArchiveValue& value, const std::string& name);

 private:
  ArchiveTensor converted(const ArchiveTensor& tensor, const std::string& name);

  ElementType type_;
  ReadAllowance allowance_;
  std::map<ViewKey, ArchiveTensor> known_;
};

}  // namespace thexp::cli
