#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "code_tree.h"
#include "thexp/base/file.h"

namespace thexp {

// A folder of contents and lists of files, each named by its hash, so that
// equal code is written once. Many processes may add to it at the same time.
//
//   <folder>/3f/3fa0…        a content
//   <folder>/trees/9c….json  a list: path, mode, id and size of each file
class CodeStore {
 public:
  explicit CodeStore(fs::path folder) : folder_(std::move(folder)) {}

  // Each returns the id. @throws FileError
  std::string put(std::string_view content) const;
  std::string put_tree(std::vector<CodeFile> files) const;

  // @throws FileError, FormatError
  std::string read(const std::string& id) const;
  std::unique_ptr<CodeTree> tree(const std::string& id) const;

  bool has_tree(const std::string& id) const;

  // Deletes all that is older than a day and that these trees do not need.
  // Returns how many bytes that were. @throws as tree()
  uint64_t remove_unused(const std::vector<std::string>& trees) const;

 private:
  fs::path content_path(const std::string& id) const;
  fs::path tree_path(const std::string& id) const;

  fs::path folder_;
};

}  // namespace thexp
