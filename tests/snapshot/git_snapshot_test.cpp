// What a snapshot in git holds, and what it leaves as it was.
#include "repository.h"

namespace {

using thexp::Snapshot;
using thexp::SnapshotKind;
using thexp_test::bytes_below;
using thexp_test::Repository;

namespace fs = std::filesystem;

// Changes of every kind.
void make_dirty(const Repository& repository) {
  repository.write("main.cpp", "int main() {\n  return 1;\n}\n");
  repository.write("src/new file.cpp", "new\n");
  repository.write("src/größe.cpp", "unicode\n");
  repository.write("data.bin", std::string("\0\1\2\377", 4) + "end");
  repository.write("empty.txt", "");
  repository.write("no_newline.txt", "no newline");
  repository.write("main.o", "ignored");
  repository.write("ignored/file.cpp", "ignored");
  fs::rename(repository.root() / "src/old.cpp",
             repository.root() / "src/renamed.cpp");
  fs::permissions(repository.root() / "tool.sh", fs::perms::owner_all);
  fs::remove(repository.root() / "link");
  fs::create_symlink("src/net.cpp", repository.root() / "link");
  fs::create_symlink("nowhere", repository.root() / "new_link");
}

TEST_CASE("S1 a clean work tree is HEAD's tree, and needs no new object") {
  Repository repository;
  std::string objects = repository.git("count-objects -v");
  Snapshot snapshot = repository.take();
  CHECK(snapshot.problem == "");
  REQUIRE(snapshot.kind == SnapshotKind::kGit);
  CHECK(fs::path(snapshot.repository) == fs::canonical(repository.root()));
  CHECK(snapshot.branch == "main");
  CHECK(snapshot.commit == repository.git_line("rev-parse HEAD"));
  CHECK_FALSE(snapshot.dirty);
  CHECK(snapshot.left_out.empty());
  CHECK(snapshot.tree == repository.git_line("rev-parse HEAD^{tree}"));
  CHECK(snapshot.ref == "refs/thexp/exp/run");
  CHECK(repository.git_line("rev-parse refs/thexp/exp/run") ==
        snapshot.snapshot);
  CHECK(repository.git_line("rev-parse refs/thexp/exp/run^") ==
        snapshot.commit);
  CHECK(repository.git_line("log -1 --format=%an:%cn:%s refs/thexp/exp/run") ==
        "thexp:thexp:Code of the run exp/run");
  // One commit is all that came.
  CHECK(repository.git_line("count-objects") != objects);
  CHECK(repository.git_line("rev-list --objects refs/thexp/exp/run ^HEAD") ==
        snapshot.snapshot);
  CHECK(patch(snapshot) == "");
  CHECK(changes(snapshot).empty());
}

TEST_CASE("S1 a dirty work tree is kept as git would add all of it") {
  Repository repository;
  make_dirty(repository);
  std::string expected = repository.tree_of_all();
  Snapshot snapshot = repository.take();
  CHECK(snapshot.problem == "");
  REQUIRE(snapshot.kind == SnapshotKind::kGit);
  CHECK(snapshot.dirty);
  CHECK(snapshot.tree == expected);
  CHECK(snapshot.left_out.empty());
  CHECK(repository.git("fsck --strict").find("error") == std::string::npos);
}

TEST_CASE("S1 branch, index, stash, status, hooks and files stay untouched") {
  Repository repository;
  repository.write("src/net.cpp", "stashed\n");
  repository.git("stash -q");
  for (const char* hook : {"pre-commit", "post-commit", "reference-transaction",
                           "post-index-change", "commit-msg"}) {
    repository.write(std::string(".git/hooks/") + hook,
                     "#!/bin/sh\ntouch \"$0.ran\"\nexit 1\n");
    fs::permissions(repository.root() / ".git/hooks" / hook,
                    fs::perms::owner_all);
  }
  make_dirty(repository);
  repository.shell(repository.root(), "touch -d 2001-01-01 src/net.cpp");
  repository.shell(repository.root(),
                   "git -c core.hooksPath=/dev/null add main.cpp");
  std::string before = bytes_below(repository, repository.root());
  Snapshot snapshot = repository.take();
  REQUIRE(snapshot.kind == SnapshotKind::kGit);
  CHECK(bytes_below(repository, repository.root()) == before);
  CHECK(repository.git_line("stash list").find("stash@{0}") == 0);
  CHECK_CONTAINS(repository.git("status --porcelain"), "M  main.cpp\n");
}

TEST_CASE("S1 the patch is what was not committed, and git applies it") {
  Repository repository;
  make_dirty(repository);
  Snapshot snapshot = repository.take();
  std::string text = patch(snapshot);
  CHECK_CONTAINS(text, "-  return 0;\n+  return 1;\n");
  CHECK_CONTAINS(text, "GIT binary patch");

  thexp_test::write_text(repository.path("the.patch"), text);
  repository.git("worktree add -q ../other HEAD");
  repository.shell(repository.path("other"), "git apply --index ../the.patch");
  CHECK(repository.shell(repository.path("other"), "git write-tree") ==
        snapshot.tree + "\n");

  std::vector<std::string> changed;
  for (const thexp::CodeChange& change : changes(snapshot)) {
    changed.push_back(change.what + " " + change.path);
  }
  CHECK(changed == std::vector<std::string>{
                       "added data.bin", "added empty.txt", "modified link",
                       "modified main.cpp", "added new_link",
                       "added no_newline.txt", "added src/größe.cpp",
                       "added src/new file.cpp", "deleted src/old.cpp",
                       "added src/renamed.cpp", "modified tool.sh"});
}

TEST_CASE("S1 extract writes the code into a new folder") {
  Repository repository;
  make_dirty(repository);
  Snapshot snapshot = repository.take();
  fs::path folder = repository.path("out");
  extract(snapshot, folder);
  CHECK(repository.shell(folder,
                         "git init -q && git add -A -f && git write-tree") ==
        snapshot.tree + "\n");
  std::string message = thexp_test::message_of<thexp::UsageError>(
      [&] { extract(snapshot, folder); });
  CHECK_CONTAINS(message, "is not an empty folder");
}

TEST_CASE("S1 equal code shares one tree, also with changes") {
  Repository repository;
  make_dirty(repository);
  Snapshot first = repository.take("exp/one");
  std::string objects = repository.git(
      "cat-file --batch-all-objects "
      "--batch-check");
  Snapshot second = repository.take("exp/two");
  CHECK(first.tree == second.tree);
  CHECK(first.ref != second.ref);
  std::string more = repository.git(
      "cat-file --batch-all-objects "
      "--batch-check");
  auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(lines(more) - lines(objects) <= 1);  // the commit
  CHECK(diff(first, second) == "");
}

TEST_CASE("S1 a run that goes on keeps its snapshot, or adds the new one") {
  Repository repository;
  Snapshot first = repository.take();
  CHECK(repository.take().snapshot == first.snapshot);
  repository.write("main.cpp", "changed\n");
  Snapshot second = repository.take();
  CHECK(second.snapshot != first.snapshot);
  CHECK(repository.git_line("rev-list --parents -1 refs/thexp/exp/run") ==
        second.snapshot + " " + second.commit + " " + first.snapshot);
  CHECK_CONTAINS(patch(second), "+changed\n");
}

TEST_CASE("S1 the diff of two runs shows the lines") {
  Repository repository;
  Snapshot a = repository.take("exp/a");
  repository.write("src/net.cpp", "one\n2\nthree\nfour\n");
  Snapshot b = repository.take("exp/b");
  CHECK_CONTAINS(diff(a, b), "+four\n");
  CHECK_CONTAINS(diff(b, a), "-four\n");
}

TEST_CASE("S1 a record gives the snapshot back") {
  Repository repository;
  make_dirty(repository);
  Snapshot taken = repository.take();
  std::string json = taken.to_value().to_json();
  Snapshot read = Snapshot::from_value(thexp::Value::from_json(json));
  CHECK(read.to_value() == taken.to_value());
  CHECK(patch(read) == patch(taken));
  CHECK(Snapshot::from_value(thexp::Value()).kind == SnapshotKind::kNone);
  CHECK(Snapshot::from_value(thexp::Value::List{}).kind == SnapshotKind::kNone);
}

TEST_CASE("S1 removing a snapshot removes its ref alone") {
  Repository repository;
  Snapshot a = repository.take("exp/a");
  Snapshot b = repository.take("exp/b");
  remove_snapshot(a);
  remove_snapshot(a);
  CHECK(repository.git_line("for-each-ref --format='%(refname)' refs/thexp") ==
        "refs/thexp/exp/b");
}

TEST_CASE("S1 files that are too large or too many are listed") {
  Repository repository;
  repository.write("small.txt", "small");
  repository.write("large.bin", std::string(5000, 'x'));
  repository.write("main.cpp", std::string(6000, 'y'));
  Snapshot snapshot =
      thexp::take_snapshot(repository.options().max_file_bytes(4096));
  REQUIRE(snapshot.left_out.size() == 2);
  CHECK(snapshot.left_out[0].path == "main.cpp");
  CHECK(snapshot.left_out[1].path == "large.bin");
  CHECK(snapshot.left_out[1].why ==
        "4.9 KiB is more than the 4.0 KiB that a file may have");
  CHECK(snapshot.dirty);
  REQUIRE(changes(snapshot).size() == 1);
  CHECK(changes(snapshot)[0].path == "small.txt");

  Snapshot few = thexp::take_snapshot(repository.options().max_files(1));
  CHECK(few.left_out.size() == 2);
  Snapshot little =
      thexp::take_snapshot(repository.options().max_total_bytes(6001));
  CHECK(little.left_out.size() == 2);
}

TEST_CASE("S1 workspace, build folder and nested repositories are left out") {
  Repository repository;
  repository.write("runs/exp/run/metrics.jsonl", "{}");
  repository.write("out [1]/CMakeCache.txt", "");
  repository.write("out [1]/main.d", "made");
  repository.git("init -q nested");
  repository.write("nested/file.cpp", "x");
  Snapshot snapshot = thexp::take_snapshot(
      repository.options().leave_out(repository.root() / "runs"));
  CHECK(snapshot.problem == "");
  CHECK(snapshot.tree == repository.git_line("rev-parse HEAD^{tree}"));
  REQUIRE(snapshot.left_out.size() == 2);
  CHECK(snapshot.left_out[0].path == "out [1]/");
  CHECK(snapshot.left_out[1].path == "nested/");
  CHECK(repository.git("status --porcelain").find("runs/") !=
        std::string::npos);
}

TEST_CASE("S1 names that git takes for no ref are encoded") {
  Repository repository;
  const std::vector<std::pair<std::string, std::string>> names = {
      {"lr=0.1/20231121-100000-k3f9", "refs/thexp/lr=0.1/20231121-100000-k3f9"},
      {"a b~c^d:e?f*g[h\\i%/r",
       "refs/thexp/a%20b%7Ec%5Ed%3Ae%3Ff%2Ag%5Bh%5Ci%25/r"},
      {"x..y/r", "refs/thexp/x.%2Ey/r"},
      {"end./r", "refs/thexp/end%2E/r"},
      {"a.lock/r", "refs/thexp/a%2Elock/r"},
      {"@{1}/r", "refs/thexp/@%7B1}/r"},
      {"größe λ/r", "refs/thexp/größe%20λ/r"},
      {"-x/@", "refs/thexp/-x/@"}};
  for (const auto& [name, ref] : names) {
    INFO(name);
    Snapshot snapshot = repository.take(name);
    CHECK(snapshot.problem == "");
    CHECK(snapshot.ref == ref);
    repository.git("check-ref-format '" + snapshot.ref + "'");
    CHECK(repository.git_line("rev-parse '" + snapshot.ref + "'") ==
          snapshot.snapshot);
  }
  for (const char* name : {"", "one", "a/", "/b", "a/b/c"}) {
    Snapshot snapshot = repository.take(name);
    CHECK(snapshot.kind == SnapshotKind::kCopy);
    CHECK_CONTAINS(snapshot.problem, "it must be <experiment>/<run>");
  }
  Snapshot a = repository.take(std::string(199, '~') + "a/r");
  Snapshot b = repository.take(std::string(199, '~') + "b/r");
  CHECK(a.problem == "");
  CHECK(a.kind == SnapshotKind::kGit);
  CHECK(a.ref != b.ref);
}

TEST_CASE("S1 sources newer than the program are named") {
  Repository repository;
  repository.write("program", "");
  repository.shell(repository.root(),
                   "touch -d '2020-01-01' program main.cpp src/*.cpp && "
                   "touch -d '2020-01-02' src/net.cpp .gitignore");
  Snapshot snapshot = thexp::take_snapshot(
      repository.options().program((repository.root() / "program").string()));
  CHECK(snapshot.newer_sources == std::vector<std::string>{"src/net.cpp"});
}

TEST_CASE("S1 a copy and a snapshot in git can be compared") {
  thexp_test::Repository repository;
  Snapshot in_git = repository.take();
  fs::copy(repository.root() / "src", repository.path("plain"));
  thexp_test::write_text(repository.path("plain/net.cpp"),
                         "one\n2\nthree\nfour\n");
  Snapshot copy = thexp::take_snapshot(thexp::SnapshotOptions()
                                           .folder(repository.path("plain"))
                                           .program("/bin/sh")
                                           .name("e/r")
                                           .store(repository.store())
                                           .sources({"*.cpp"}));
  REQUIRE(copy.kind == SnapshotKind::kCopy);
  std::string text = diff(in_git, copy);
  CHECK_CONTAINS(text, "+four\n");
  CHECK_CONTAINS(text, "deleted file mode 120000\n");
}

}  // namespace
