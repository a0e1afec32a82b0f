#include "thexp/experiments/labels.h"

#include <thread>

#include "catch.h"
#include "fixed_clock.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace {

using namespace thexp;
using thexp_test::FixedClock;
using thexp_test::message_of;
using thexp_test::TempDir;

using Tags = std::vector<std::string>;

TEST_CASE("labels of a run without labels.json are none") {
  TempDir run;
  Labels labels = read_labels(run.path());
  CHECK(labels.tags.empty());
  CHECK(labels.notes.empty());
  CHECK_FALSE(labels.description);
}

TEST_CASE("tags, notes and a description are read back from labels.json") {
  TempDir run;
  FixedClock clock;
  add_tags(run.path(), {"baseline", "größer"});
  add_tags(run.path(), {"baseline", "v2"});
  add_note(run.path(), "two\nlines", clock);
  clock.time += std::chrono::hours(1);
  add_note(run.path(), "later", clock);
  set_description(run.path(), "a try");
  Labels labels = read_labels(run.path());
  CHECK(labels.tags == Tags{"baseline", "größer", "v2"});
  REQUIRE(labels.notes.size() == 2);
  CHECK(labels.notes[0].text == "two\nlines");
  CHECK(labels.notes[0].time ==
        iso8601(SystemTime(std::chrono::seconds(1700560800))));
  CHECK(labels.notes[1].text == "later");
  CHECK(labels.description == "a try");
  CHECK(set_description(run.path(), "").description == std::nullopt);
}

TEST_CASE("labels.json keeps what a later version wrote there") {
  TempDir run;
  write_file_atomic(run / "labels.json",
                    R"({"format": 1, "tags": ["a"], "stars": 5})");
  add_tags(run.path(), {"b"});
  Value tree = Value::from_json(read_file(run / "labels.json"));
  CHECK(tree.at("stars") == 5);
  CHECK(tree.at("tags") == Value(Value::List{"a", "b"}));
}

TEST_CASE("a tag that is not there cannot be removed") {
  TempDir run;
  add_tags(run.path(), {"a", "b", "c"});
  CHECK(message_of<UsageError>([&] {
          remove_tags(run.path(), {"b", "x"});
        }) == "the run has no tag 'x'; its tags: a, c");
  CHECK(read_labels(run.path()).tags == Tags{"a", "b", "c"});
  CHECK(remove_tags(run.path(), {"b", "a"}).tags == Tags{"c"});
}

TEST_CASE("a tag is a word that can name a run") {
  for (const char* bad : {"", "two words", "a/b", "a,b", "@1", "-x", ".x",
                          "it's", "tab\there", "\xff", "del\x7f"}) {
    INFO(bad);
    TempDir run;
    CHECK_CONTAINS(message_of<UsageError>([&] {
                     add_tags(run.path(), {"good", bad});
                   }),
                   "cannot be a tag");
    CHECK(fs::is_empty(run.path()));
  }
  CHECK_NOTHROW(check_tag("lr=0.1"));
}

TEST_CASE("an empty note is refused") {
  TempDir run;
  CHECK(message_of<UsageError>([&] { add_note(run.path(), " \n"); }) ==
        "a note needs a text");
}

TEST_CASE("a damaged labels.json is an error that says where, and stays") {
  for (const char* damaged : {"", "{\n \"format\": 1,", "{\"format\": 2}",
                              R"({"format": 1, "tags": [3]})"}) {
    INFO(damaged);
    TempDir run;
    fs::path file = run / "labels.json";
    write_file_atomic(file, damaged);
    std::string message =
        message_of<FormatError>([&] { read_labels(run.path()); });
    CHECK_CONTAINS(message, file.string() + ":");
    CHECK(message ==
          message_of<FormatError>([&] { add_tags(run.path(), {"a"}); }));
    CHECK(read_file(file) == damaged);
  }
}

TEST_CASE("labels for no run folder are an error that names it") {
  TempDir dir;
  CHECK_CONTAINS(message_of<FileError>([&] { add_tags(dir / "gone", {"a"}); }),
                 "cannot label run '" + (dir / "gone").string() + "'");
}

TEST_CASE("threads that label one run at once lose nothing") {
  TempDir run;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back(
        [&run, i] { add_tags(run.path(), {"t" + std::to_string(i)}); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(read_labels(run.path()).tags.size() == 20);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : fs::directory_iterator(run.path())) {
    ++files;
  }
  CHECK(files == 1);  // labels.json, and no lock
}

}  // namespace
