#include <unistd.h>

#include "code_tree.h"
#include "open_code.h"
#include "thexp/base/error.h"
#include "thexp/snapshot/code.h"

namespace thexp {
namespace {

void require_empty(const fs::path& folder) {
  std::error_code error;
  bool is_free = !fs::exists(fs::symlink_status(folder, error)) ||
                 (fs::is_directory(folder) && fs::is_empty(folder));
  if (is_free) return;
  throw UsageError("'" + folder.string() +
                   "' is not an empty folder: the code goes into a new one");
}

// A damaged or forged list of files must not write outside the folder.
void require_inside(const fs::path& path) {
  bool is_inside = path.is_relative() && !path.empty();
  for (const fs::path& part : path) {
    std::string name = part.string();
    if (name.empty() || name == "." || name == ".." || name == ".git") {
      is_inside = false;
    }
  }
  if (!is_inside) {
    throw FormatError("the code has a file '" + path.string() +
                      "', which would lie outside the folder");
  }
}

void write_link(const fs::path& path, const std::string& target) {
  std::error_code error;
  fs::create_symlink(target, path, error);
  if (error) {
    throw FileError::system("cannot make the link", path, error.value());
  }
}

void write_file(const fs::path& path,
                const std::string& content,
                bool is_program) {
  write_file_atomic(path, content);
  if (!is_program) return;
  fs::permissions(
      path,
      fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
      fs::perm_options::add);
}

void write(const CodeTree& tree, const CodeFile& file, const fs::path& path) {
  make_directories(path.parent_path());
  if (file.mode == kSubmoduleMode) {
    make_directories(path);
  } else if (file.mode == kLinkMode) {
    write_link(path, tree.read(file));
  } else {
    write_file(path, tree.read(file), file.mode == kProgramMode);
  }
}

}  // namespace

void extract(const Snapshot& snapshot, const fs::path& folder) {
  require_empty(folder);
  std::unique_ptr<CodeTree> tree = open_code(snapshot);
  for (const CodeFile& file : tree->files()) require_inside(file.path);
  make_directories(folder);
  // Links come last, so that no file is written through one.
  for (bool links : {false, true}) {
    for (const CodeFile& file : tree->files()) {
      bool is_link = file.mode == kLinkMode;
      if (is_link == links) write(*tree, file, folder / file.path);
    }
  }
}

}  // namespace thexp
