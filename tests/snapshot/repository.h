#pragma once

#include <string>
#include <vector>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/process.h"
#include "thexp/base/shell.h"
#include "thexp/snapshot/code.h"
#include "thexp/snapshot/snapshot.h"

namespace thexp_test {

namespace fs = std::filesystem;

inline void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  thexp::write_file_atomic(path, text);
}

/// A folder with a home of its own, so that nobody's settings of git count.
class GitBox {
 public:
  GitBox() {
    fs::create_directory(home());
    ::setenv("HOME", home().c_str(), 1);
    ::unsetenv("XDG_CONFIG_HOME");
    write_text(home() / ".gitconfig",
               "[init]\n\tdefaultBranch = main\n"
               "[user]\n\tname = Ada\n\temail = ada@example.org\n"
               "[protocol \"file\"]\n\tallow = always\n"
               "[advice]\n\tdetachedHead = false\n");
  }

  fs::path home() const { return dir_ / "home"; }
  fs::path path(const std::string& name) const { return dir_ / name; }

  /// What `sh -c command` prints, run in a folder; it must succeed.
  std::string shell(const fs::path& folder, const std::string& command) const {
    thexp::Process process(thexp::ProcessOptions({"sh", "-c", command})
                               .working_folder(folder)
                               .environment("GIT_CONFIG_NOSYSTEM", "1")
                               .pipe_output(true)
                               .errors_to_output(true));
    std::string output = process.read_all();
    INFO("in " << folder << ": " << command << "\n" << output);
    REQUIRE(process.wait().succeeded());
    return output;
  }

 private:
  TempDir dir_;
};

/// A repository with two commits, and a place for copies outside of it.
class Repository : public GitBox {
 public:
  explicit Repository(const std::string& init_options = "") {
    fs::create_directory(root());
    git("init -q " + init_options);
    write("main.cpp", "int main() {\n  return 0;\n}\n");
    write("src/net.cpp", "one\ntwo\nthree\n");
    write("src/old.cpp", "old\n");
    write("tool.sh", "#!/bin/sh\n");
    write(".gitignore", "*.o\nignored/\n");
    fs::create_symlink("main.cpp", root() / "link");
    git("add -A");
    git("commit -qm one");
    write("src/net.cpp", "one\n2\nthree\n");
    git("commit -qam two");
  }

  fs::path root() const { return path("project"); }
  fs::path store() const { return path("store"); }

  void write(const std::string& name, const std::string& text) const {
    write_text(root() / name, text);
  }
  std::string git(const std::string& arguments) const {
    return shell(root(), "git " + arguments);
  }
  /// Without the newline.
  std::string git_line(const std::string& arguments) const {
    std::string text = git(arguments);
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  thexp::SnapshotOptions options(const std::string& name = "exp/run") const {
    return thexp::SnapshotOptions()
        .source((root() / "main.cpp").string())
        .program("/bin/sh")
        .folder(path(""))
        .name(name)
        .store(store());
  }
  thexp::Snapshot take(const std::string& name = "exp/run") const {
    return thexp::take_snapshot(options(name));
  }

  /// The tree that git itself makes of all untracked and changed files.
  std::string tree_of_all() const {
    fs::path index = path("other-index");
    fs::remove(index);
    if (fs::exists(root() / ".git/index")) {
      fs::copy_file(root() / ".git/index", index);
    }
    std::string set = "GIT_INDEX_FILE=" + thexp::shell_word(index.string());
    shell(root(), set + " git add -A");
    std::string tree = shell(root(), set + " git write-tree");
    return tree.substr(0, tree.size() - 1);
  }
};

/// What must not change: the names and bytes of all files in a folder.
inline std::string bytes_below(const GitBox& box, const fs::path& folder) {
  return box.shell(folder,
                   "find . -not -path './.git/objects*' "
                   "-not -path './.git/refs/thexp*' \\( -type f -o -type l \\) "
                   "-printf '%p %m %T@ %i %l\\n' | sort; "
                   "find . -not -path './.git/objects*' "
                   "-not -path './.git/refs/thexp*' -type f "
                   "-exec sha1sum {} + | sort");
}

}  // namespace thexp_test
