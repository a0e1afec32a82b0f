#include "copy_writer.h"

#include "thexp/base/error.h"
#include "thexp/base/utf8.h"

namespace thexp {

CopyWriter::CopyWriter(const fs::path& store, Limits& limits)
    : folder_(store.lexically_normal()), store_(folder_), limits_(limits) {
  if (store.empty()) {
    throw UsageError("no folder was given for a copy of the code");
  }
}

void CopyWriter::add(const std::string& path,
                     const std::string& mode,
                     const std::function<std::string()>& read) {
  // JSON would not give the name back.
  if (!is_utf8(path)) {
    limits_.leave_out(path, "its name is not UTF-8");
    return;
  }
  std::string content;
  try {
    content = read();
  } catch (const FileError& error) {
    limits_.leave_out(path, error.what());
    return;
  }
  files_.push_back({path, mode, store_.put(content), content.size()});
}

void CopyWriter::add_submodule(const std::string& path,
                               const std::string& commit) {
  files_.push_back({path, kSubmoduleMode, commit, 0});
}

void CopyWriter::finish(Snapshot& snapshot) const {
  snapshot.tree = store_.put_tree(files_);
  snapshot.store = folder_.string();
  snapshot.kind = SnapshotKind::kCopy;
}

}  // namespace thexp
