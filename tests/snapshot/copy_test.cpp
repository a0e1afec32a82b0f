// Code outside git: copies named by their content.
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "repository.h"

namespace {

using thexp::Snapshot;
using thexp::SnapshotKind;
using thexp::SnapshotOptions;
using thexp_test::GitBox;
using thexp_test::TempDir;
using thexp_test::write_text;

namespace fs = std::filesystem;

/// A project outside any repository.
struct Project : GitBox {
  Project() {
    write("main.cpp", "int main() {}\n");
    write("src/net.cpp", "one\ntwo\n");
    write("src/deep/layer.h", "layer\n");
    write("src/.hidden/x.cpp", "hidden\n");
    write("src/out/CMakeCache.txt", "");
    write("src/out/made.cpp", "made\n");
    write("notes.txt", "notes\n");
    write("common/shared.h", "shared\n");
  }

  void write(const std::string& name, const std::string& text) const {
    write_text(path("code") / name, text);
  }
  SnapshotOptions options() const {
    return SnapshotOptions()
        .source(path("code/main.cpp").string())
        .program("/bin/sh")
        .folder(path("code"))
        .name("exp/run")
        .store(path("store"));
  }
  Snapshot take(const std::vector<std::string>& sources) const {
    return thexp::take_snapshot(options().sources(sources));
  }
  std::string listing() const {
    return shell(path("store"), "find . -printf '%p %T@ %i\\n' | sort");
  }
};

std::string names_of(const Snapshot& snapshot) {
  std::string names;
  for (const thexp::CodeFile& file : files(snapshot)) names += file.path + " ";
  return names;
}

TEST_CASE("T14 outside a repository, the source file of main is copied") {
  Project project;
  Snapshot snapshot = thexp::take_snapshot(project.options());
  CHECK(snapshot.problem == "");
  REQUIRE(snapshot.kind == SnapshotKind::kCopy);
  CHECK(snapshot.repository == "");
  CHECK(names_of(snapshot) == "main.cpp ");
  CHECK(files(snapshot)[0].bytes == 14);
  extract(snapshot, project.path("out"));
  CHECK(thexp::read_file(project.path("out/main.cpp")) == "int main() {}\n");
}

TEST_CASE("T14 a program names files, folders and patterns") {
  Project project;
  CHECK(names_of(project.take({"src"})) == "src/deep/layer.h src/net.cpp ");
  CHECK(names_of(project.take({"*.cpp", "src/*/*.h"})) ==
        "main.cpp src/deep/layer.h ");
  CHECK(names_of(project.take({"{main,none}.cpp", "notes.txt", "main.cpp"})) ==
        "main.cpp notes.txt ");
  Snapshot missing = project.take({"main.cpp", "gone.cpp"});
  CHECK(names_of(missing) == "main.cpp ");
  REQUIRE(missing.left_out.size() == 1);
  CHECK(missing.left_out[0].path == "gone.cpp");
}

TEST_CASE("T14 paths begin at the folder that all named files share") {
  Project project;
  Snapshot snapshot = thexp::take_snapshot(
      project.options()
          .source(project.path("code/src/net.cpp").string())
          .sources({"net.cpp", "../common", project.path("code/main.cpp")}));
  CHECK(names_of(snapshot) == "common/shared.h main.cpp src/net.cpp ");
}

TEST_CASE("T14 equal code is stored once") {
  Project project;
  Snapshot first = project.take({"src", "main.cpp"});
  std::string before = project.listing();
  Snapshot second = project.take({"src", "main.cpp"});
  CHECK(second.tree == first.tree);
  CHECK(project.listing() == before);
  CHECK(diff(first, second) == "");

  project.write("src/net.cpp", "one\n2\n");
  Snapshot third = project.take({"src", "main.cpp"});
  CHECK(third.tree != first.tree);
  CHECK(diff(first, third) ==
        "diff --git a/src/net.cpp b/src/net.cpp\n"
        "--- a/src/net.cpp\n+++ b/src/net.cpp\n"
        "@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
}

TEST_CASE("T14 a copy in a workspace that was moved is found") {
  Project project;
  Snapshot taken = project.take({"main.cpp"});
  fs::rename(project.path("store"), project.path("moved"));
  Snapshot read = Snapshot::from_value(taken.to_value(), project.path("moved"));
  CHECK(names_of(read) == "main.cpp ");
  CHECK_THROWS_AS(files(taken), thexp::FileError);
}

TEST_CASE("T14 a damaged or forged copy is an error, and writes nothing") {
  Project project;
  Snapshot snapshot = project.take({"main.cpp"});
  fs::path list = project.path("store/trees") / (snapshot.tree + ".json");
  std::string text = thexp::read_file(list);
  SECTION("a path that leads outside") {
    write_text(list,
               std::string(text).replace(text.find("main.cpp"), 8, "../x.cpp"));
    CHECK_CONTAINS(thexp_test::message_of<thexp::FormatError>(
                       [&] { extract(snapshot, project.path("out")); }),
                   "'../x.cpp', which would lie outside");
    CHECK_FALSE(fs::exists(project.path("x.cpp")));
  }
  SECTION("a tree that is no hash") {
    snapshot.tree = "../../../etc/passwd";
    CHECK_THROWS_AS(files(snapshot), thexp::FormatError);
  }
  SECTION("another content") {
    std::string id = files(snapshot)[0].id;
    write_text(project.path("store") / id.substr(0, 2) / id, "another one..\n");
    CHECK_THROWS_AS(extract(snapshot, project.path("out")), thexp::FormatError);
  }
}

TEST_CASE("T14 where nothing can be kept, the record says why") {
  Project project;
  Snapshot none = thexp::take_snapshot(project.options().source("gone.cpp"));
  CHECK(none.kind == SnapshotKind::kNone);
  CHECK(none.problem == "there is no source file to copy");
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { files(none); }),
      "no snapshot of its code: there is no source file to copy");

  write_text(project.path("a_file"), "");
  Snapshot blocked =
      thexp::take_snapshot(project.options().store(project.path("a_file/x")));
  CHECK(blocked.kind == SnapshotKind::kNone);
  CHECK_CONTAINS(blocked.problem, "a_file");
  Snapshot homeless = thexp::take_snapshot(project.options().store(""));
  CHECK_CONTAINS(homeless.problem, "no folder was given");
}

TEST_CASE("T14 twenty processes copy the same code at the same instant") {
  Project project;
  for (int i = 0; i < 30; ++i) {
    project.write("src/f" + std::to_string(i) + ".cpp", std::to_string(i));
  }
  std::vector<pid_t> children;
  for (int i = 0; i < 20; ++i) {
    pid_t child = ::fork();
    if (child == 0) {
      Snapshot snapshot = project.take({"src"});
      bool is_good = snapshot.problem.empty() && files(snapshot).size() == 32;
      ::_exit(is_good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  Snapshot snapshot = project.take({"src"});
  extract(snapshot, project.path("out"));
  CHECK(thexp::read_file(project.path("out/src/f7.cpp")) == "7");
  CHECK(project.shell(project.path("store"), "find . -name '*.tmp.*'") == "");
  CHECK(project.shell(project.path("store"), "ls trees | wc -l") == "1\n");
}

std::string numbered(int count, const std::set<int>& without = {}) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    if (without.count(i) == 0) text += std::to_string(i) + "\n";
  }
  return text;
}

// patch(1) is the judge of a diff: it must turn the one into the other.
TEST_CASE("T14 the diff of two copies applies") {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"", "a\n"},
      {"a\n", ""},
      {"a", "a\n"},
      {"a\nb", "a\nc"},
      {numbered(50), numbered(50, {0, 20, 21, 27, 28, 49})},
      {numbered(50, {3, 9, 16, 24}), numbered(50, {1, 45})},
      {"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n"},
      {numbered(9000), numbered(18000).substr(40000)}};
  for (const auto& [before, after] : texts) {
    Project project;
    project.write("src/net.cpp", before);
    Snapshot a = project.take({"src", "main.cpp"});
    project.write("src/net.cpp", after);
    Snapshot b = project.take({"src", "main.cpp"});
    write_text(project.path("the.patch"), diff(a, b));
    extract(a, project.path("out"));
    project.shell(project.path("out"),
                  "git init -q . && git apply --allow-empty ../the.patch");
    CHECK(thexp::read_file(project.path("out/src/net.cpp")) == after);
  }
}

TEST_CASE("T14 a diff tells of new, removed, binary and executable files") {
  Project project;
  project.write("b.bin", std::string("\0x", 2));
  Snapshot a = project.take({"*"});
  fs::remove(project.path("code/notes.txt"));
  project.write("a new.txt", "new\n");
  project.write("b.bin", std::string("\0y", 2));
  fs::permissions(project.path("code/main.cpp"), fs::perms::owner_all);
  Snapshot b = project.take({"*"});
  CHECK(diff(a, b) ==
        "diff --git a/a new.txt b/a new.txt\nnew file mode 100644\n"
        "--- /dev/null\n+++ b/a new.txt\t\n@@ -0,0 +1 @@\n+new\n"
        "diff --git a/b.bin b/b.bin\n"
        "Binary files a/b.bin and b/b.bin differ\n"
        "diff --git a/main.cpp b/main.cpp\n"
        "old mode 100644\nnew mode 100755\n"
        "diff --git a/notes.txt b/notes.txt\ndeleted file mode 100644\n"
        "--- a/notes.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-notes\n");
}

TEST_CASE("T14 copies that no run needs can be removed after a day") {
  Project project;
  project.write("common/shared.h", std::string(1000, 'x'));
  Snapshot kept = project.take({"src", "main.cpp"});
  Snapshot old = project.take({"main.cpp", "common"});
  CHECK(thexp::remove_unused_copies(project.path("store"), {kept}) == 0);
  project.shell(project.path("store"),
                "find . -type f | xargs touch -d 2001-1-1");
  Snapshot again = project.take({"notes.txt", "main.cpp"});
  uint64_t freed = thexp::remove_unused_copies(project.path("store"), {kept});
  CHECK(freed > 1000);
  CHECK(freed < 2000);
  extract(kept, project.path("out"));
  extract(again, project.path("young"));  // is in no record yet
  CHECK_THROWS_AS(files(old), thexp::FileError);
  CHECK(thexp::remove_unused_copies(project.path("nowhere"), {}) == 0);
}

}  // namespace
