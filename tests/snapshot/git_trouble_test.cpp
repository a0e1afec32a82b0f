// What goes wrong with a repository ends no training, and damages nothing.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "repository.h"

namespace {

using thexp::Snapshot;
using thexp::SnapshotKind;
using thexp_test::Repository;
using thexp_test::write_text;

namespace fs = std::filesystem;

std::string read_all(int descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t count;
  while ((count = ::read(descriptor, buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

/// A snapshot that a process of its own takes, once `prepare` has run there.
Snapshot take_in_child(const Repository& repository,
                       const std::function<void()>& prepare) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  pid_t child = ::fork();
  if (child == 0) {
    prepare();
    std::string json = repository.take().to_value().to_json();
    ssize_t written = ::write(ends[1], json.data(), json.size());
    ::_exit(written == static_cast<ssize_t>(json.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string json = read_all(ends[0]);
  ::close(ends[0]);
  int status = -1;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
  return Snapshot::from_value(thexp::Value::from_json(json));
}

TEST_CASE("S1 a full disk leaves no snapshot and no damage") {
  Repository repository;
  repository.write("src/new.cpp", std::string(100000, 'n'));
  Snapshot snapshot = take_in_child(repository, [] {
    ::signal(SIGXFSZ, SIG_IGN);
    struct rlimit none = {10, 10};
    ::setrlimit(RLIMIT_FSIZE, &none);
  });
  CHECK(snapshot.kind == SnapshotKind::kNone);
  CHECK(snapshot.problem != "");
  CHECK(snapshot.commit == repository.git_line("rev-parse HEAD"));
  CHECK(snapshot.ref == "");
  CHECK(repository.git("for-each-ref refs/thexp") == "");
  repository.git("fsck --strict");
  CHECK_CONTAINS(repository.git("count-objects -v"), "garbage: 0\n");
  // With room again, all is well.
  CHECK(repository.take().problem == "");
}

TEST_CASE("S1 without the right to write to .git, all files are copied") {
  if (::geteuid() != 0) return;  // another user's part is played below
  constexpr uid_t kUser = 12345;
  Repository repository;
  repository.write("src/new.cpp", "new\n");
  repository.shell(repository.path(""),
                   "chmod 755 . && mkdir store && chown -R 12345 . && "
                   "chmod -R a-w project/.git");
  Snapshot snapshot = take_in_child(repository, [] {
    if (::setuid(kUser) != 0) ::_exit(1);
  });
  CHECK(snapshot.kind == SnapshotKind::kCopy);
  CHECK(snapshot.whole);
  CHECK_CONTAINS(snapshot.problem, "cannot ");
  REQUIRE(changes(snapshot).size() == 1);
  CHECK(changes(snapshot)[0].path == "src/new.cpp");
}

TEST_CASE("S1 a file that cannot be read is left out") {
  if (::geteuid() != 0) return;  // gives up its rights below
  Repository repository;
  repository.write("secret.cpp", "secret\n");
  repository.write("main.cpp", "changed\n");
  repository.shell(repository.path(""),
                   "chmod 755 . && chown -R 12345 . && "
                   "chmod 0 project/secret.cpp project/main.cpp");
  Snapshot snapshot = take_in_child(repository, [] {
    if (::setuid(12345) != 0) ::_exit(1);
  });
  INFO(snapshot.problem);
  REQUIRE(snapshot.kind == SnapshotKind::kGit);
  REQUIRE(snapshot.left_out.size() == 2);
  CHECK(snapshot.left_out[0].path == "main.cpp");
  CHECK(snapshot.left_out[1].path == "secret.cpp");
  CHECK(changes(snapshot).empty());
}

/// What a program of its own takes: libgit2 reads HOME once in a process.
Snapshot take_in_program(const Repository& repository) {
  thexp::Process program(
      thexp::ProcessOptions({TAKE_PROGRAM,
                             (repository.root() / "main.cpp").string(),
                             "exp/run", repository.store().string()})
          .pipe_output(true));
  std::string json = program.read_all();
  REQUIRE(program.wait().succeeded());
  return Snapshot::from_value(thexp::Value::from_json(json));
}

TEST_CASE("S1 a repository of another user that git calls safe is used") {
  if (::geteuid() != 0) return;
  Repository repository;
  repository.shell(repository.path(""), "chown -R 12345:12345 project");
  CHECK(take_in_program(repository).kind == SnapshotKind::kCopy);
  repository.git("config --global safe.directory '*'");
  Snapshot snapshot = take_in_program(repository);
  CHECK(snapshot.problem == "");
  CHECK(snapshot.kind == SnapshotKind::kGit);
}

TEST_CASE("S1 the settings of a user's home count, as for git") {
  Repository repository;
  write_text(repository.path("home/excludes"), "*.mine\n");
  repository.git("config --global core.excludesFile '~/excludes'");
  repository.git("config --global core.autocrlf input");
  repository.write("a.mine", "ignored\n");
  repository.write("new.cpp", "a\r\nb\r\n");
  std::string expected = repository.tree_of_all();
  Snapshot snapshot = take_in_program(repository);
  CHECK(snapshot.problem == "");
  CHECK(expected.find(snapshot.tree) != std::string::npos);
  CHECK(changes(snapshot).size() == 1);
}

TEST_CASE("S1 missing objects are a problem, and code is copied") {
  Repository repository;
  fs::remove_all(repository.root() / ".git/objects");
  fs::create_directory(repository.root() / ".git/objects");
  Snapshot snapshot = repository.take();
  CHECK(snapshot.kind == SnapshotKind::kCopy);
  CHECK(snapshot.problem != "");
  CHECK(files(snapshot).size() == 4);
}

TEST_CASE("S1 pipes, odd bytes in names and other formats of the index") {
  Repository repository;
  SECTION("a pipe") { ::mkfifo((repository.root() / "pipe").c_str(), 0600); }
  SECTION("a name that is not UTF-8") { repository.write("\xff.cpp", "odd\n"); }
  SECTION("a name with a line break") {
    repository.write("a\nb\".cpp", "odd\n");
  }
  SECTION("version 4 of the index") {
    repository.git("update-index --index-version 4");
  }
  SECTION("an untracked cache") {
    repository.git("update-index --force-untracked-cache && git status");
  }
  SECTION("packed objects and refs") { repository.git("gc -q"); }
  SECTION("hooks elsewhere, signed commits, another comment") {
    repository.git("config core.hooksPath /nowhere");
    repository.git("config commit.gpgSign true");
  }
  repository.write("main.cpp", "changed\n");
  std::string expected = repository.tree_of_all();
  Snapshot snapshot = repository.take();
  CHECK(snapshot.problem == "");
  CHECK(snapshot.tree == expected);
  write_text(repository.path("the.patch"), patch(snapshot));
  repository.git("worktree add -q ../other HEAD");
  repository.shell(repository.path("other"), "git apply --index ../the.patch");
  CHECK(repository.shell(repository.path("other"), "git write-tree") ==
        snapshot.tree + "\n");
  // A record stays JSON.
  thexp::Value::from_json(snapshot.to_value().to_json());
}

TEST_CASE("S1 a split index is copied") {
  Repository repository;
  repository.git("update-index --split-index");
  Snapshot snapshot = repository.take();
  CHECK((snapshot.kind == SnapshotKind::kGit || snapshot.problem != ""));
  CHECK(files(snapshot).size() >= 4);
}

TEST_CASE("S1 the worktree of a bare repository works") {
  Repository repository;
  repository.shell(repository.path(""), "git clone -q --bare project bare.git");
  repository.shell(repository.path("bare.git"),
                   "git config extensions.worktreeConfig true && "
                   "git worktree add -q ../work main");
  write_text(repository.path("work/main.cpp"), "changed\n");
  Snapshot snapshot = thexp::take_snapshot(thexp::SnapshotOptions()
                                               .folder(repository.path("work"))
                                               .program("/bin/sh")
                                               .name("e/r"));
  CHECK(snapshot.problem == "");
  CHECK(snapshot.kind == SnapshotKind::kGit);
  CHECK_CONTAINS(patch(snapshot), "+changed\n");
}

TEST_CASE("S1 a worktree whose repository is gone is copied") {
  Repository repository;
  repository.git("worktree add -q -b side ../side");
  fs::remove_all(repository.root());
  Snapshot snapshot = thexp::take_snapshot(thexp::SnapshotOptions()
                                               .folder(repository.path("side"))
                                               .program("/bin/sh")
                                               .store(repository.store())
                                               .name("e/r"));
  INFO(snapshot.problem);
  CHECK(snapshot.problem != "");
  REQUIRE(snapshot.kind == SnapshotKind::kCopy);
  CHECK(files(snapshot).size() == 4);
}

}  // namespace
