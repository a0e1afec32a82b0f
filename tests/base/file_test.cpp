#include "thexp/base/file.h"

#include <sys/stat.h>

#include <algorithm>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using thexp::fs::path;
using thexp_test::message_of;
using thexp_test::TempDir;

std::size_t count_files(const path& folder) {
  return static_cast<std::size_t>(
      std::distance(thexp::fs::directory_iterator(folder), {}));
}

TEST_CASE("an atomic write creates folders and replaces content") {
  TempDir dir;
  path file = dir.path() / "a" / "b.txt";
  thexp::write_file_atomic(file, "one");
  thexp::write_file_atomic(file, "two");
  CHECK(thexp::read_file(file) == "two");
  CHECK(count_files(file.parent_path()) == 1);
}

TEST_CASE("without a commit the old file stays and no trace is left") {
  TempDir dir;
  path file = dir.path() / "kept.txt";
  thexp::write_file_atomic(file, "old");
  {
    thexp::AtomicFile unfinished(file);
    unfinished.write("half");
    CHECK(count_files(dir.path()) == 2);
  }
  CHECK(thexp::read_file(file) == "old");
  CHECK(count_files(dir.path()) == 1);
}

TEST_CASE("an atomic write takes the place of no pipe and no folder") {
  TempDir dir;
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK_CONTAINS(message_of<thexp::FileError>(
                     [&] { thexp::AtomicFile file(dir / "pipe"); }),
                 "pipe': it is a device or pipe, not a regular file");
  CHECK_CONTAINS(
      message_of<thexp::FileError>([&] { thexp::AtomicFile file(dir.path()); }),
      "it is a folder, not a regular file");
  CHECK(thexp::fs::is_fifo(dir / "pipe"));
}

TEST_CASE("a temporary name is told from others") {
  CHECK(thexp::is_temporary_name("last.pt.tmp.123.0"));
  for (const char* other : {"last.pt", "my.tmp.pt", "a.tmp.1", "a.tmp.1.x",
                            "a.tmp.old.1.2", ".tmp.1.2", "", "a.1.2"}) {
    INFO(other);
    CHECK_FALSE(thexp::is_temporary_name(other));
  }
  CHECK(thexp::name_of_temporary("last.pt.tmp.123.0") == "last.pt");
}

int mode_of(const path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return static_cast<int>(status.st_mode & 0777);
}

TEST_CASE("modes of files and folders come from the umask") {
  TempDir dir;
  mode_t before = ::umask(0002);  // a group that shares its runs
  thexp::write_file_atomic(dir.path() / "folder" / "atomic", "x");
  thexp::AppendFile(dir / "appended").append("x");
  ::umask(before);
  CHECK(mode_of(dir / "folder") == 0775);
  CHECK(mode_of(dir.path() / "folder" / "atomic") == 0664);
  CHECK(mode_of(dir / "appended") == 0664);
}

TEST_CASE("a file that is synced has its name with the commit") {
  TempDir dir;
  thexp::AtomicFile file(dir / "a");
  file.write("content");
  file.sync();
  CHECK_FALSE(thexp::fs::exists(dir / "a"));
  file.commit();
  CHECK(thexp::read_file(dir / "a") == "content");
  CHECK(count_files(dir.path()) == 1);
}

TEST_CASE("a link is relative and replaced; a folder of its name stays") {
  TempDir dir;
  thexp::write_file_atomic(dir / "a", "a");
  thexp::write_file_atomic(dir / "b", "b");
  thexp::replace_link(dir / "link", dir / "a");
  thexp::replace_link(dir / "link", dir / "b");
  CHECK(thexp::fs::read_symlink(dir / "link") == "b");
  thexp::fs::create_directory(dir / "folder");
  thexp::replace_link(dir / "folder", dir / "b");
  CHECK(thexp::fs::is_directory(dir / "folder"));
  CHECK(count_files(dir.path()) == 4);
}

TEST_CASE("file errors name the file and the errno") {
  TempDir dir;
  path absent = dir.path() / "absent";
  std::string message =
      message_of<thexp::FileError>([&] { thexp::read_file(absent); });
  CHECK_CONTAINS(message, absent.string());
  CHECK_CONTAINS(message, "No such file or directory (errno 2)");

  thexp::write_file_atomic(dir / "file", "x");
  message = message_of<thexp::FileError>(
      [&] { thexp::write_file_atomic(dir.path() / "file" / "y", "x"); });
  CHECK_CONTAINS(message, "cannot create folder");
}

TEST_CASE("an append file only grows, also over two openings") {
  TempDir dir;
  path file = dir.path() / "log" / "lines.txt";
  { thexp::AppendFile(file).append("one\n"); }
  { thexp::AppendFile(file).append("two\n"); }
  CHECK(thexp::read_file(file) == "one\ntwo\n");
}

}  // namespace
