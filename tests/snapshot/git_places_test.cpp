// Repositories of every kind, and where they are looked for.
#include <sys/wait.h>
#include <unistd.h>

#include "repository.h"

namespace {

using thexp::Snapshot;
using thexp::SnapshotKind;
using thexp::SnapshotOptions;
using thexp_test::bytes_below;
using thexp_test::GitBox;
using thexp_test::Repository;
using thexp_test::write_text;

namespace fs = std::filesystem;

TEST_CASE("S1 the repository is the source's, else the program's, else here") {
  Repository repository;
  fs::path elsewhere = repository.path("elsewhere");
  write_text(elsewhere / "main.cpp", "int main() {}\n");
  repository.write("build/program", "");
  std::string inside = (repository.root() / "src/net.cpp").string();
  std::string program = (repository.root() / "build/program").string();
  std::string outside = (elsewhere / "main.cpp").string();
  auto root_of = [&](const SnapshotOptions& options) {
    return thexp::take_snapshot(options).repository;
  };
  auto options = [&] {
    return SnapshotOptions().name("e/r").store(repository.store());
  };
  std::string root = fs::canonical(repository.root()).string();
  CHECK(root_of(options().source(inside).program(outside).folder(elsewhere)) ==
        root);
  CHECK(root_of(options().source(outside).program(program).folder(elsewhere)) ==
        root);
  CHECK(root_of(options().source(outside).program(outside).folder(
            repository.root() / "src")) == root);
  CHECK(root_of(options().source(outside).program(outside).folder(elsewhere)) ==
        "");
  Snapshot elsewhere_too = thexp::take_snapshot(
      options().source(outside).program(program).folder(elsewhere));
  CHECK(elsewhere_too.kind == SnapshotKind::kGit);
  CHECK(elsewhere_too.problem == "the source file of main, '" + outside +
                                     "', is not in the repository '" + root +
                                     "'");
  // Gone, but its folder is there.
  CHECK(root_of(options()
                    .source((repository.root() / "src/gone.cpp").string())
                    .program(outside)
                    .folder(elsewhere)) == root);
  // Relative to the program's folder, or one above.
  write_text(elsewhere / "src/net.cpp", "");
  CHECK(
      root_of(
          options().source("src/old.cpp").program(program).folder(elsewhere)) ==
      root);
}

TEST_CASE("S1 a source that the repository ignores does not belong to it") {
  GitBox box;
  fs::create_directory(box.path("dotfiles"));
  box.shell(box.path("dotfiles"),
            "git init -q && echo '*' > .gitignore && "
            "git add -f .gitignore && git commit -qm 1");
  write_text(box.path("dotfiles/project/main.cpp"), "int main() {}\n");
  Snapshot snapshot = thexp::take_snapshot(
      SnapshotOptions()
          .source(box.path("dotfiles/project/main.cpp").string())
          .folder(box.path("dotfiles/project"))
          .program("/bin/sh")
          .name("e/r")
          .store(box.path("store")));
  CHECK(snapshot.kind == SnapshotKind::kCopy);
  REQUIRE(files(snapshot).size() == 1);
  CHECK(files(snapshot)[0].path == "main.cpp");
}

TEST_CASE("S1 before the first commit, all files are the patch") {
  GitBox box;
  fs::create_directory(box.path("new"));
  box.shell(box.path("new"), "git init -q");
  write_text(box.path("new/main.cpp"), "int main() {}\n");
  Snapshot snapshot = thexp::take_snapshot(
      SnapshotOptions().folder(box.path("new")).program("/bin/sh").name("e/r"));
  CHECK(snapshot.problem == "");
  REQUIRE(snapshot.kind == SnapshotKind::kGit);
  CHECK(snapshot.branch == "main");
  CHECK(snapshot.commit == "");
  CHECK(snapshot.dirty);
  CHECK_CONTAINS(patch(snapshot), "+int main() {}\n");
  CHECK(changes(snapshot).size() == 1);
  CHECK(box.shell(box.path("new"), "git rev-list --count refs/thexp/e/r") ==
        "1\n");
}

TEST_CASE("S1 a detached HEAD has no branch") {
  Repository repository;
  repository.git("checkout -q --detach HEAD^");
  Snapshot snapshot = repository.take();
  CHECK(snapshot.problem == "");
  CHECK(snapshot.branch == "");
  CHECK(snapshot.commit == repository.git_line("rev-parse HEAD"));
  CHECK_FALSE(snapshot.dirty);
}

TEST_CASE("S1 in a worktree the refs are the main one's") {
  Repository repository;
  repository.git("worktree add -q -b side ../side");
  write_text(repository.path("side/main.cpp"), "side\n");
  Snapshot snapshot =
      thexp::take_snapshot(SnapshotOptions()
                               .source(repository.path("side/main.cpp"))
                               .program("/bin/sh")
                               .name("e/r"));
  CHECK(snapshot.problem == "");
  CHECK(snapshot.branch == "side");
  CHECK(fs::path(snapshot.git_folder) ==
        fs::canonical(repository.root() / ".git"));
  CHECK(repository.git_line("rev-parse refs/thexp/e/r") == snapshot.snapshot);
  repository.git("worktree remove --force ../side");
  CHECK_CONTAINS(patch(snapshot), "+side\n");
}

TEST_CASE("S1 a shallow clone works") {
  Repository repository;
  std::string url = "file://" + repository.root().string();
  repository.shell(repository.path(""),
                   "git clone -q --depth 1 " + url + " shallow");
  write_text(repository.path("shallow/main.cpp"), "changed\n");
  Snapshot snapshot =
      thexp::take_snapshot(SnapshotOptions()
                               .folder(repository.path("shallow"))
                               .program("/bin/sh")
                               .name("e/r"));
  CHECK(snapshot.problem == "");
  CHECK(snapshot.kind == SnapshotKind::kGit);
  CHECK_CONTAINS(patch(snapshot), "+changed\n");
  repository.shell(repository.path("shallow"), "git fsck --strict");
}

TEST_CASE("S1 a bare repository is no work tree") {
  Repository repository;
  repository.shell(repository.path(""), "git clone -q --bare project bare");
  write_text(repository.path("bare/main.cpp"), "x\n");
  Snapshot snapshot =
      thexp::take_snapshot(SnapshotOptions()
                               .source(repository.path("bare/main.cpp"))
                               .program("/bin/sh")
                               .folder(repository.root())
                               .name("e/r"));
  CHECK(snapshot.kind == SnapshotKind::kGit);
  CHECK(fs::path(snapshot.repository) == fs::canonical(repository.root()));
}

TEST_CASE("S1 a submodule keeps its commit; what changed inside is said") {
  Repository repository;
  fs::create_directory(repository.path("lib"));
  repository.shell(repository.path("lib"),
                   "git init -q && echo a > a.cpp && git add . && "
                   "git commit -qm a && echo b > a.cpp && git commit -qam b");
  repository.git("submodule --quiet add ../lib lib");
  repository.git("commit -qm lib");
  Snapshot clean = repository.take("e/clean");
  CHECK(clean.problem == "");
  CHECK(clean.tree == repository.git_line("rev-parse HEAD^{tree}"));
  CHECK_FALSE(clean.dirty);

  repository.shell(repository.root() / "lib", "git checkout -q HEAD^");
  std::string moved = repository.tree_of_all();
  CHECK(repository.take("e/moved").tree == moved);

  write_text(repository.root() / "lib/a.cpp", "c\n");
  Snapshot dirty = repository.take("e/dirty");
  CHECK(dirty.tree == moved);
  REQUIRE(dirty.left_out.size() == 1);
  CHECK(dirty.left_out[0].path == "lib");
  CHECK_CONTAINS(dirty.left_out[0].why, "submodule with changes of its own");
  CHECK(repository.git_line("diff --no-ext-diff HEAD --submodule=short "
                            "--ignore-submodules=dirty") +
            "\n" ==
        repository.git("diff HEAD " + dirty.tree));
  // The submodule itself is a repository, too.
  Snapshot inner =
      thexp::take_snapshot(SnapshotOptions()
                               .source(repository.root() / "lib/a.cpp")
                               .program("/bin/sh")
                               .name("e/inner"));
  CHECK(inner.problem == "");
  CHECK_CONTAINS(patch(inner), "+c\n");
}

TEST_CASE("S1 line ends are stored as git stores them") {
  Repository repository;
  repository.git("config core.autocrlf true");
  repository.git("config core.safecrlf true");
  repository.write("main.cpp", "int main() {\r\n  return 2;\r\n}\r\n");
  repository.write("new.cpp", "a\r\nb\r\n");
  repository.write("unix.cpp", "a\nb\n");
  repository.git("config core.safecrlf false");
  std::string expected = repository.tree_of_all();
  repository.git("config core.safecrlf true");
  Snapshot snapshot = repository.take();
  CHECK(snapshot.problem == "");
  CHECK(snapshot.left_out.empty());
  CHECK(snapshot.tree == expected);
  CHECK_CONTAINS(patch(snapshot), "+  return 2;\n");
}

TEST_CASE("S1 skip-worktree and assume-unchanged keep the index's version") {
  Repository repository;
  repository.git("update-index --skip-worktree src/old.cpp src/net.cpp");
  repository.git("update-index --assume-unchanged main.cpp tool.sh");
  fs::remove(repository.root() / "src/old.cpp");
  fs::remove(repository.root() / "tool.sh");
  repository.write("src/net.cpp", "not seen\n");
  repository.write("main.cpp", "not seen\n");
  Snapshot snapshot = repository.take();
  CHECK(snapshot.problem == "");
  CHECK(snapshot.tree == repository.git_line("rev-parse HEAD^{tree}"));
  CHECK_FALSE(snapshot.dirty);
}

TEST_CASE("S1 a sparse checkout keeps what is not checked out") {
  Repository repository;
  repository.write("docs/a.md", "a\n");
  repository.git("add docs && git commit -qm docs");
  repository.git("sparse-checkout set --no-sparse-index src");
  REQUIRE_FALSE(fs::exists(repository.root() / "docs"));
  repository.write("src/net.cpp", "changed\n");
  Snapshot snapshot = repository.take();
  CHECK(snapshot.problem == "");
  REQUIRE(snapshot.kind == SnapshotKind::kGit);
  REQUIRE(changes(snapshot).size() == 1);
  CHECK(changes(snapshot)[0].path == "src/net.cpp");
}

TEST_CASE("S1 what libgit2 cannot open is copied, and the record says why") {
  Repository repository;
  repository.write("src/new.cpp", "new\n");
  repository.write("image.png", "not code\n");
  SECTION("a sparse index") {
    repository.write("docs/deep/a.md", "a\n");
    repository.write("docs/deep/b.md", "b\n");
    repository.git("add docs && git commit -qm docs");
    repository.git("sparse-checkout set --sparse-index src");
    REQUIRE_FALSE(fs::exists(repository.root() / "docs"));
  }
  SECTION("an unknown extension") {
    repository.git("config core.repositoryFormatVersion 1");
    repository.git("config extensions.fromTheFuture true");
  }
  SECTION("a damaged index") {
    write_text(repository.root() / ".git/index", "no index");
  }
  Snapshot snapshot = repository.take();
  INFO(snapshot.problem);
  REQUIRE(snapshot.kind == SnapshotKind::kCopy);
  CHECK(snapshot.problem != "");
  CHECK(fs::path(snapshot.repository) == fs::canonical(repository.root()));
  std::string names;
  for (const thexp::CodeFile& file : files(snapshot)) names += file.path + " ";
  CHECK(names == "main.cpp src/net.cpp src/new.cpp src/old.cpp tool.sh ");
  CHECK_CONTAINS(thexp_test::message_of<thexp::Error>([&] { patch(snapshot); }),
                 "there is no commit to compare it with");
}

TEST_CASE("S1 a SHA-256 repository is copied") {
  Repository repository("--object-format=sha256");
  Snapshot snapshot = repository.take();
  REQUIRE(snapshot.kind == SnapshotKind::kCopy);
  CHECK_CONTAINS(snapshot.problem, "objectformat");
  CHECK(files(snapshot).size() == 4);
}

TEST_CASE("S1 a repository that cannot be written to is copied whole") {
  Repository repository;
  repository.write("src/new.cpp", "new\n");
  repository.write("image.png", std::string("\0png", 4));
  repository.write("main.o", "ignored");
  // Works for root too, whom no permission stops.
  write_text(repository.root() / ".git/refs/thexp", "in the way");
  std::string before = bytes_below(repository, repository.root());
  Snapshot snapshot = repository.take();
  CHECK(bytes_below(repository, repository.root()) == before);
  REQUIRE(snapshot.kind == SnapshotKind::kCopy);
  CHECK_CONTAINS(snapshot.problem, "cannot write refs/thexp/exp/run");
  CHECK(snapshot.whole);
  CHECK(snapshot.dirty);
  CHECK(snapshot.commit == repository.git_line("rev-parse HEAD"));
  CHECK(changes(snapshot).size() == 2);
  CHECK_CONTAINS(patch(snapshot), "+++ b/src/new.cpp\n@@ -0,0 +1 @@\n+new\n");
  extract(snapshot, repository.path("out"));
  CHECK(fs::is_symlink(repository.path("out/link")));
  CHECK(thexp::read_file(repository.path("out/src/new.cpp")) == "new\n");
}

TEST_CASE("S1 a repository of another user is read, and not written to") {
  if (::geteuid() != 0) return;  // only root can give files away
  Repository repository;
  repository.write("main.cpp", "changed\n");
  repository.shell(repository.path(""), "chown -R 12345:12345 project");
  std::string before = repository.shell(
      repository.root(), "find . -printf '%p %u %T@ %s\\n' | sort");
  Snapshot snapshot = repository.take();
  CHECK(repository.shell(repository.root(),
                         "find . -printf '%p %u %T@ %s\\n' | sort") == before);
  REQUIRE(snapshot.kind == SnapshotKind::kCopy);
  CHECK_CONTAINS(snapshot.problem, "belongs to another user");
  CHECK(snapshot.branch == "main");
  CHECK_CONTAINS(patch(snapshot), "+changed\n");
}

TEST_CASE("S1 files with a filter keep the committed version") {
  Repository repository;
  repository.git("config filter.upper.clean 'tr a-z A-Z'");
  repository.write(".gitattributes", "*.big filter=upper\n*.odd filter=none\n");
  repository.write("data.big", "abc\n");
  repository.git("add -A && git commit -qm filter");
  repository.write("data.big", "changed\n");
  repository.write("other.odd", "stored\n");
  repository.write("pointer.big",
                   "version https://git-lfs.github.com/spec/v1\n"
                   "oid sha256:00\nsize 3\n");
  Snapshot snapshot = repository.take();
  REQUIRE(snapshot.left_out.size() == 1);
  CHECK(snapshot.left_out[0].path == "data.big");
  CHECK(snapshot.left_out[0].why == "its filter 'upper' is not run");
  CHECK(repository.git("show " + snapshot.tree + ":data.big") == "ABC\n");
  CHECK(repository.git("show " + snapshot.tree + ":other.odd") == "stored\n");
  CHECK(changes(snapshot).size() == 2);
}

TEST_CASE("S1 of a file in Git LFS, the pointer is kept") {
  Repository repository;
  // What git-lfs does, in three lines.
  write_text(repository.path("clean.sh"),
             "cat > \"$0.tmp\"\n"
             "echo version https://git-lfs.github.com/spec/v1\n"
             "echo oid sha256:$(sha256sum < \"$0.tmp\" | cut -d' ' -f1)\n"
             "echo size $(wc -c < \"$0.tmp\")\n");
  repository.git("config filter.lfs.clean 'sh " +
                 repository.path("clean.sh").string() + "'");
  repository.write(".gitattributes", "*.pt filter=lfs\n");
  repository.write("same.pt", std::string(1 << 20, 's'));
  repository.write("changed.pt", "before\n");
  repository.git("add -A && git commit -qm lfs");
  repository.shell(repository.root(), "touch same.pt");
  Snapshot same = repository.take("e/same");
  CHECK(same.problem == "");
  CHECK(same.left_out.empty());
  CHECK_FALSE(same.dirty);

  // Lengths around those of a block of SHA-256.
  repository.write("changed.pt", "after\n");
  for (int size : {0, 55, 56, 63, 64, 65, 119, 120}) {
    repository.write("new" + std::to_string(size) + ".pt",
                     std::string(static_cast<std::size_t>(size), 'n'));
  }
  std::string expected = repository.tree_of_all();
  Snapshot snapshot = repository.take("e/changed");
  CHECK(snapshot.tree == expected);
  CHECK(snapshot.left_out.size() == 9);
  CHECK_CONTAINS(patch(snapshot), "+oid sha256:");
}

TEST_CASE("S1 in the middle of a merge the files count as they lie there") {
  Repository repository;
  repository.git("checkout -q -b other");
  repository.write("src/net.cpp", "other\n");
  repository.git("commit -qam other");
  repository.git("checkout -q main");
  repository.write("src/net.cpp", "main\n");
  repository.git("commit -qam main");
  repository.shell(repository.root(), "git merge -q other || true");
  std::string expected = repository.tree_of_all();
  std::string before = bytes_below(repository, repository.root());
  Snapshot snapshot = repository.take();
  CHECK(bytes_below(repository, repository.root()) == before);
  CHECK(snapshot.problem == "");
  CHECK(snapshot.tree == expected);
}

TEST_CASE("S1 a file that became a folder, and a folder a file") {
  Repository repository;
  fs::remove(repository.root() / "main.cpp");
  repository.write("main.cpp/inside.cpp", "x\n");
  fs::remove_all(repository.root() / "src");
  repository.write("src", "now a file\n");
  fs::remove(repository.root() / "link");
  repository.write("link", "no link any more\n");
  std::string expected = repository.tree_of_all();
  Snapshot snapshot = thexp::take_snapshot(
      repository.options().source((repository.root() / "tool.sh").string()));
  CHECK(snapshot.problem == "");
  CHECK(snapshot.tree == expected);
}

TEST_CASE("S1 staged, unstaged and half-added files count as they lie there") {
  Repository repository;
  repository.write("main.cpp", "staged\n");
  repository.git("add main.cpp");
  repository.write("main.cpp", "and changed\n");
  repository.write("src/planned.cpp", "planned\n");
  repository.git("add -N src/planned.cpp");
  repository.git("rm -q --cached tool.sh");
  std::string expected = repository.tree_of_all();
  Snapshot snapshot = repository.take();
  CHECK(snapshot.tree == expected);
}

TEST_CASE("S1 twenty processes take a snapshot at the same instant") {
  Repository repository;
  for (int i = 0; i < 50; ++i) {
    repository.write("src/file" + std::to_string(i) + ".cpp",
                     std::to_string(i) + "\n");
  }
  int gate[2];
  REQUIRE(::pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 20; ++i) {
    pid_t child = ::fork();
    if (child == 0) {
      char byte;
      ::close(gate[1]);
      [[maybe_unused]] ssize_t end = ::read(gate[0], &byte, 1);
      Snapshot snapshot = repository.take("exp/" + std::to_string(i));
      bool is_good =
          snapshot.kind == SnapshotKind::kGit && snapshot.problem.empty();
      ::_exit(is_good ? 0 : 1);
    }
    children.push_back(child);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  std::string trees =
      repository.git("for-each-ref --format='%(tree)' refs/thexp/exp");
  std::string expected;
  for (int i = 0; i < 20; ++i) expected += repository.tree_of_all() + "\n";
  CHECK(trees == expected);
  repository.git("fsck --strict");
}

}  // namespace
