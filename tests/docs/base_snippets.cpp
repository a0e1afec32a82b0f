// The code of docs/base.md, compiled and run.
#include <chrono>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/clock.h"
#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/hash.h"
#include "thexp/base/process.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"

namespace {

using thexp_test::TempDir;

TEST_CASE("docs/base.md: a value") {
  // [value]
  thexp::Value info = thexp::Value::Dict{{"epoch", 3}, {"loss", 0.25}};
  info["tags"] = thexp::Value::List{"a", "b"};
  info["best"]["epoch"] = 2;  // what is missing is added

  std::string json = info.to_json();
  thexp::Value back = thexp::Value::from_json(json, "info.json");
  int64_t epoch = back.at("epoch").as_integer();
  const thexp::Value* note = back.find("note");  // nullptr: there is none
  // [/value]
  CHECK(json ==
        R"({"epoch":3,"loss":0.25,"tags":["a","b"],"best":{"epoch":2}})");
  CHECK(back == info);
  CHECK(epoch == 3);
  CHECK(note == nullptr);
}

TEST_CASE("docs/base.md: errors") {
  std::string said;
  // [errors]
  try {
    thexp::read_file("no/such.json");
  } catch (const thexp::FileError& error) {
    said = error.what();
  } catch (const thexp::Error& error) {  // all others of thexp
    said = error.what();
  }
  // [/errors]
  CHECK(said ==
        "cannot open for reading 'no/such.json': No such file or directory "
        "(errno 2)");
}

TEST_CASE("docs/base.md: files") {
  TempDir dir;
  const thexp::fs::path folder = dir.path();
  const std::string bytes(3, 'x');
  // [files]
  thexp::write_file_atomic(folder / "best" / "info.json", "{}");

  thexp::AtomicFile weights(folder / "weights.bin");
  weights.write(bytes.data(), bytes.size());
  weights.commit();  // until here there is no weights.bin

  thexp::AppendFile log(folder / "steps.txt");
  log.append("1 0.25\n");
  log.append("2 0.20\n");
  // [/files]
  CHECK(thexp::read_file(folder / "best" / "info.json") == "{}");
  CHECK(thexp::read_file(folder / "weights.bin") == bytes);
  CHECK(thexp::read_file(folder / "steps.txt") == "1 0.25\n2 0.20\n");
}

TEST_CASE("docs/base.md: a process") {
  TempDir dir;
  const thexp::fs::path folder = dir.path();
  thexp::write_file_atomic(folder / "words.txt", "b\na\n");
  // [process]
  thexp::Process sort(thexp::ProcessOptions({"sort", "words.txt"})
                          .working_folder(folder)
                          .environment("LC_ALL", "C")
                          .pipe_output(true));
  std::string sorted = sort.read_all();
  thexp::ProcessEnd end = sort.wait();
  if (!end.succeeded()) throw thexp::Error("sort: " + end.to_string());
  // [/process]
  CHECK(sorted == "a\nb\n");
}

TEST_CASE("docs/base.md: text and hashes") {
  // [text]
  std::string size = thexp::format_bytes(1536);         // 1.5 KiB
  std::string count = thexp::format_count(1500);        // 1.5k
  std::string real = thexp::format_real(0.1);           // 0.1
  std::string cut = thexp::fit_width("训练 epoch", 7);  // 训练...
  std::string meant = thexp::closest_match("optim.lrr", {"epoch", "optim.lr"});

  uint64_t seed = thexp::combine64(/*seed=*/1, thexp::hash64("train"));
  std::string name = thexp::hex64(seed);
  // [/text]
  CHECK(size == "1.5 KiB");
  CHECK(count == "1.50k");
  CHECK(real == "0.1");
  CHECK(cut == "训练...");
  CHECK(meant == "optim.lr");
  CHECK(name.size() == 16);
}

// [clock]
// Stands still, so that a test knows what a log's lines begin with.
class StandingClock : public thexp::Clock {
 public:
  thexp::SystemTime now() const override { return thexp::SystemTime(); }
  thexp::SteadyTime steady() const override { return thexp::SteadyTime(); }
};
// [/clock]

TEST_CASE("docs/base.md: time") {
  StandingClock clock;
  CHECK(clock.now() == thexp::SystemTime());
  CHECK(thexp::Clock::system().now() > clock.now());
  CHECK(thexp::format_duration(std::chrono::seconds(125)) == "2m05s");
}

}  // namespace
