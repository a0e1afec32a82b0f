#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thexp/snapshot/code.h"

namespace thexp {

constexpr const char* kFileMode = "100644";
constexpr const char* kProgramMode = "100755";
constexpr const char* kLinkMode = "120000";
constexpr const char* kSubmoduleMode = "160000";

// The files of one snapshot, wherever it is kept.
class CodeTree {
 public:
  virtual ~CodeTree() = default;

  // In the order of their paths.
  const std::vector<CodeFile>& files() const { return files_; }

  // The content; of a link its target, of a submodule the name of its commit.
  // @throws Error
  virtual std::string read(const CodeFile& file) const = 0;

  // Ids of the same kind are equal for equal content.
  virtual std::string_view id_kind() const = 0;

 protected:
  explicit CodeTree(std::vector<CodeFile> files) : files_(std::move(files)) {}

 private:
  std::vector<CodeFile> files_;
};

// What there was before the first commit.
class EmptyTree : public CodeTree {
 public:
  EmptyTree() : CodeTree({}) {}
  std::string read(const CodeFile&) const override { return ""; }
  std::string_view id_kind() const override { return ""; }
};

// What a submodule is in a diff.
inline std::string submodule_text(const std::string& commit) {
  return "Subproject commit " + commit + "\n";
}

}  // namespace thexp
