#pragma once

#include <functional>
#include <string>
#include <vector>

#include "code_store.h"
#include "left_out.h"

namespace thexp {

// Copies files into a store, and makes the list of them.
class CopyWriter {
 public:
  // @throws UsageError for a folder without a name.
  CopyWriter(const fs::path& store, Limits& limits);

  // A file that cannot be read is left out. @throws FileError when it cannot be
  // written.
  void add(const std::string& path,
           const std::string& mode,
           const std::function<std::string()>& read);
  void add_submodule(const std::string& path, const std::string& commit);

  const std::vector<CodeFile>& files() const { return files_; }

  // Writes the list. Sets kind, store and tree. @throws FileError
  void finish(Snapshot& snapshot) const;

 private:
  fs::path folder_;
  CodeStore store_;
  Limits& limits_;
  std::vector<CodeFile> files_;
};

}  // namespace thexp
