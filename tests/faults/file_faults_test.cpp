#include <chrono>
#include <future>

#include "catch.h"
#include "failing_disk.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/tracking/event_file.h"
#include "thexp/tracking/metric_reader.h"
#include "thexp/tracking/metric_store.h"

namespace {

using thexp::AppendFile;
using thexp::FileError;
using thexp::read_file;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::failing_disk::Plan;
using thexp_test::failing_disk::watch;

TEST_CASE("a replaced file stays as it was when any call fails") {
  for (const char* call : {"open", "write", "fsync", "rename"}) {
    for (const char* error : {"ENOSPC", "EIO", "EACCES"}) {
      INFO(call << " " << error);
      TempDir dir;
      auto file = dir / "note.txt";
      thexp::write_file_atomic(file, "old");
      std::string message = [&] {
        Plan plan(std::string(call) + " note.txt 1 " + error);
        return message_of<FileError>(
            [&] { thexp::write_file_atomic(file, "new"); });
      }();
      CHECK_CONTAINS(message, file.string());
      CHECK_CONTAINS(message, "(errno ");
      CHECK(read_file(file) == "old");
      auto entries = thexp::fs::directory_iterator(dir.path());
      CHECK(std::distance(begin(entries), end(entries)) == 1);
    }
  }
}

TEST_CASE("a failed append leaves nothing of its text") {
  TempDir dir;
  auto path = dir / "lines.txt";
  AppendFile file(path);
  file.append("first\n");
  {
    Plan plan("write lines.txt 1 short;write lines.txt 2 ENOSPC");
    CHECK(message_of<FileError>([&] { file.append("second\n"); }) ==
          "cannot append to '" + path.string() +
              "': No space left on device (errno 28)");
  }
  file.append("third\n");
  CHECK(read_file(path) == "first\nthird\n");
}

TEST_CASE("a short write goes on where it stopped") {
  TempDir dir;
  Plan plan("write note.txt 1 short");
  thexp::write_file_atomic(dir / "note.txt", "0123456789");
  CHECK(read_file(dir / "note.txt") == "0123456789");
}

TEST_CASE("metrics that a full disk refuses are written later, once") {
  TempDir dir;
  thexp::MetricStore store(dir / "metrics.jsonl");
  store.record("loss", 1, 1, 0);
  {
    Plan plan("write metrics.jsonl 1 short;write metrics.jsonl 2+ ENOSPC");
    CHECK_THROWS_AS(store.flush(), FileError);
    store.record("loss", 2, 2, 0);
    CHECK_THROWS_AS(store.flush(), FileError);
  }
  store.flush();
  auto points = thexp::read_metrics(dir / "metrics.jsonl").series.at(0).points;
  REQUIRE(points.size() == 2);
  CHECK(points[1].value == 2);
}

TEST_CASE("metrics of a file that vanished are an error, not lost") {
  TempDir dir;
  thexp::MetricStore store(dir / "metrics.jsonl");
  thexp::fs::rename(dir / "metrics.jsonl", dir / "away");
  store.record("loss", 1, 1, 0);
  CHECK_CONTAINS(message_of<FileError>([&] { store.flush(); }),
                 "metrics.jsonl': No such file or directory (errno 2)");
  thexp::fs::rename(dir / "away", dir / "metrics.jsonl");
  store.flush();
  CHECK(thexp::read_metrics(dir / "metrics.jsonl").series.size() == 1);
}

TEST_CASE("S4 recording an event does not wait for the disk") {
  TempDir dir;
  thexp::EventFile events(dir.path());
  events.scalar("x", 1, 1);
  std::future<void> recording;
  bool waited = true;
  watch("tfevents", [&](const std::string& call, const std::string&) {
    if (call != "write") return;
    recording =
        std::async(std::launch::async, [&] { events.scalar("x", 2, 2); });
    waited = recording.wait_for(std::chrono::seconds(10)) !=
             std::future_status::ready;
  });
  events.flush();
  watch("", nullptr);
  recording.get();
  CHECK_FALSE(waited);
}

// vfat and many SMB and FUSE mounts have neither kind of link.
TEST_CASE("without symbolic links a link is a hard one, or a copy") {
  for (const char* error : {"EPERM", "EOPNOTSUPP"}) {
    TempDir dir;
    thexp::write_file_atomic(dir / "a", "a");
    thexp::write_file_atomic(dir / "b", std::string(200000, 'b'));
    std::string no_symlink = std::string("symlink link 1+ ") + error;
    Plan plan(no_symlink);
    thexp::replace_link(dir / "link", dir / "a");
    thexp::replace_link(dir / "link", dir / "a");  // the same again
    CHECK(thexp::fs::equivalent(dir / "link", dir / "a"));
    thexp_test::failing_disk::set(no_symlink + ";link link 1+ " + error);
    thexp::replace_link(dir / "link", dir / "b");
    CHECK(read_file(dir / "link") == read_file(dir / "b"));
    CHECK_FALSE(thexp::fs::equivalent(dir / "link", dir / "b"));
    auto entries = thexp::fs::directory_iterator(dir.path());
    CHECK(std::distance(begin(entries), end(entries)) == 3);
  }
}

TEST_CASE("where nothing can be synced, files are written all the same") {
  for (const char* error : {"EOPNOTSUPP", "EINVAL", "ENOSYS"}) {
    TempDir dir;
    Plan plan(std::string("fsync / 1+ ") + error);
    thexp::write_file_atomic(dir.path() / "folder" / "a", "a");
    AppendFile lines(dir / "lines");
    lines.append("line");
    lines.sync();
    thexp::sync_file(dir / "lines");
    CHECK(read_file(dir.path() / "folder" / "a") == "a");
  }
}

}  // namespace
