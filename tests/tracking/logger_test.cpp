#include "thexp/tracking/logger.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "catch.h"
#include "fixed_clock.h"
#include "pipe.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"

namespace {

using std::chrono::milliseconds;
using thexp::Level;
using thexp::Logger;
using thexp::LoggerOptions;
using thexp::read_file;
using thexp_test::FixedClock;
using thexp_test::Pipe;
using thexp_test::TempDir;

const std::string kDate = "26-11-21 10:00:00";

/// What a logger of these options writes to a file, from `calls`.
template <typename Calls>
std::string logged(const LoggerOptions& options, Calls calls) {
  TempDir dir;
  FixedClock clock;
  {
    Logger logger(LoggerOptions(options).console(false).clock(clock));
    logger.add_file(dir / "log.txt");
    calls(logger);
  }
  return read_file(dir / "log.txt");
}

template <typename Calls>
std::string logged(Calls calls) {
  return logged(LoggerOptions(), calls);
}

TEST_CASE("T11 12 fields are joined behind the date") {
  CHECK(logged([](Logger& log) { log.info(1, 2, 3, "text", 0.5, true); }) ==
        kDate + " | 1 | 2 | 3 | text | 0.5 | true\n");
  CHECK(logged([](Logger& log) { log.info(); }) == kDate + "\n");
}

TEST_CASE("T11 levels have a field of their own, and raw has no date") {
  std::string text = logged([](Logger& log) {
    log.debug("hidden");
    log.set_verbose(Level::kDebug);
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
    log.raw("as it is");
  });
  CHECK(text == kDate + " | DEBUG | d\n" + kDate + " | i\n" + kDate +
                    " | WARN | w\n" + kDate + " | ERROR | e\nas it is\n");
}

TEST_CASE("T11 lines below the level are dropped") {
  std::string text = logged(LoggerOptions().level(Level::kError), [](auto& l) {
    l.info("i");
    l.raw("r");
    l.inline_line("f");
    l.warn("w");
    l.error("e");
    CHECK_FALSE(l.enabled(Level::kWarn));
    l.set_verbose(Level::kSilent);
    l.error("none");
  });
  CHECK(text == kDate + " | ERROR | e\n");
}

TEST_CASE("T11 a prefix stands behind the date and the level") {
  std::string text = logged(LoggerOptions().prefix("gan"), [](Logger& log) {
    log.info("a", "b");
    thexp::LogChannel eval = log.with_prefix("eval");
    eval.warn("c");
    eval.inline_line("1/2");
  });
  CHECK(text == kDate + " | gan | a | b\n" + kDate +
                    " | WARN | gan | eval | c\n" + kDate +
                    " | gan | eval | 1/2\n");
}

TEST_CASE("T11 13 of inline frames a file keeps the last before a line") {
  std::string text = logged([](Logger& log) {
    for (int i = 1; i <= 100; ++i) log.inline_line(i, "p");
    log.info("end");
    log.inline_line("q");
    log.flush();
    log.inline_line("r");
  });
  CHECK(text == kDate + " | 100 | p\n" + kDate + " | end\n" + kDate + " | r\n");
}

TEST_CASE("T11 two loggers never write into each other's files") {
  TempDir dir;
  {
    Logger one(LoggerOptions().console(false));
    Logger two(LoggerOptions().console(false));
    one.add_file(dir / "one");
    two.add_file(dir / "two");
    one.raw("1");
    two.raw("2");
    one.raw("1");
  }
  CHECK(read_file(dir / "one") == "1\n1\n");
  CHECK(read_file(dir / "two") == "2\n");
}

TEST_CASE("a file gets what is logged after it was added") {
  TempDir dir;
  {
    Logger logger(LoggerOptions().console(false));
    logger.raw("before");
    logger.add_file(dir / "log");
    logger.raw("after");
  }
  CHECK(read_file(dir / "log") == "after\n");
}

TEST_CASE("flush() waits until everything is written") {
  TempDir dir;
  Logger logger(LoggerOptions().console(false));
  logger.add_file(dir / "log");
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    logger.raw(std::to_string(i));
    expected += std::to_string(i) + "\n";
  }
  CHECK(logger.flush());
  CHECK(read_file(dir / "log") == expected);
}

TEST_CASE("lines of many threads stay whole and in each thread's order") {
  constexpr int kThreads = 4, kLines = 500;
  std::string text = logged([](Logger& log) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kLines; ++i) {
          log.inline_line("frame");
          log.raw(std::to_string(t) + ":" + std::to_string(i));
        }
      });
    }
    for (auto& thread : threads) thread.join();
  });
  std::vector<int> next(kThreads, 0);
  for (const std::string& line : thexp::split(text, '\n')) {
    if (line.empty() || thexp::starts_with(line, kDate)) continue;
    std::size_t thread = std::stoul(line);
    CHECK(line == std::to_string(thread) + ":" + std::to_string(next[thread]));
    ++next[thread];
  }
  CHECK(next == std::vector<int>(kThreads, kLines));
}

TEST_CASE("T11 a stuck terminal or pipe holds up nobody, and loses nothing") {
  TempDir dir;
  Pipe pipe;
  std::future<std::string> read;
  std::string expected;
  {
    Logger logger(LoggerOptions().descriptor(pipe.write_end()));
    logger.add_file(dir / "log");
    const std::string text(1000, 'x');
    for (int i = 0; i < 100; ++i) {  // more than the pipe holds
      logger.raw(text);
      expected += text + "\n";
    }
    CHECK_FALSE(logger.flush(milliseconds(50)));
    CHECK(logger.sink_error().empty());
    CHECK((read_file(dir / "log") == expected));
    read = std::async(std::launch::async, [&] { return pipe.read_rest(); });
  }
  pipe.close_write_end();
  CHECK((read.get() == expected));
}

TEST_CASE("T11 a closed pipe is an error in the other sinks, told once") {
  TempDir dir;
  FixedClock clock;
  Pipe pipe;
  pipe.close_read_end();
  Logger logger(LoggerOptions().descriptor(pipe.write_end()).clock(clock));
  logger.add_file(dir / "log");
  logger.raw("one");
  CHECK_FALSE(logger.flush());
  logger.raw("two");
  CHECK_FALSE(logger.flush());
  const std::string problem =
      "log sink 'standard output' failed: cannot write to 'standard output': "
      "Broken pipe (errno 32)";
  CHECK(logger.sink_error() == problem);
  CHECK(read_file(dir / "log") ==
        "one\n" + kDate + " | ERROR | " + problem + "\ntwo\n");
}

TEST_CASE("T11 a full disk is told to the other sinks and kept") {
  TempDir dir;
  FixedClock clock;
  Logger logger(LoggerOptions().console(false).clock(clock));
  logger.add_file("/dev/full");
  logger.add_file(dir / "log");
  logger.raw("one");
  CHECK_FALSE(logger.flush());
  CHECK(logger.deliver(std::chrono::seconds(10)));  // the file has it
  CHECK_CONTAINS(logger.sink_error(), "'/dev/full'");
  CHECK_CONTAINS(logger.sink_error(), "No space left on device");
  CHECK(read_file(dir / "log") ==
        kDate + " | ERROR | " + logger.sink_error() + "\none\n");
}

class CountingSink : public thexp::Sink {
 public:
  explicit CountingSink(std::vector<std::string>& calls) : calls_(calls) {}
  std::string name() const override { return "counting"; }
  void line(std::string_view text) override {
    calls_.push_back("line " + std::string(text));
    if (text == "throw") throw std::runtime_error("no");
  }
  void frame(std::string_view text) override {
    calls_.push_back("frame " + std::string(text));
  }
  void close() override { calls_.push_back("close"); }
  milliseconds frame_interval() const override { return std::chrono::hours(1); }

 private:
  std::vector<std::string>& calls_;
};

TEST_CASE("T11 frames that come too fast are not rendered") {
  std::vector<std::string> calls;
  FixedClock clock;
  {
    Logger logger(LoggerOptions().console(false).clock(clock));
    logger.add_sink(std::make_unique<CountingSink>(calls));
    logger.flush();
    CHECK(logger.wants_frame());
    logger.inline_line(0);
    CHECK_FALSE(logger.wants_frame());
    logger.flush();
    for (int i = 1; i < 1000; ++i) logger.inline_line(i);
    CHECK_FALSE(logger.wants_frame());
    logger.raw("end");
  }
  CHECK(calls == std::vector<std::string>{"frame " + kDate + " | 0",
                                          "frame " + kDate + " | 999",
                                          "line end", "close"});
}

TEST_CASE("T11 in a pipe a frame does not wait for the next one") {
  Pipe pipe;
  Logger logger(LoggerOptions()
                    .descriptor(pipe.write_end())
                    .plain_interval(milliseconds(50)));
  logger.inline_line("1/9");
  logger.inline_line("2/9");
  std::string seen;
  for (int i = 0; i < 500 && seen.empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    seen = pipe.read_available();
  }
  CHECK_CONTAINS(seen, " | 2/9\n");
}

TEST_CASE("a logger without sinks wants no frames") {
  Logger logger(LoggerOptions().console(false));
  for (int i = 0; i < 10; ++i) logger.inline_line(i);
  logger.info("nobody reads this");
  CHECK(logger.flush());
  CHECK_FALSE(logger.wants_frame());
}

TEST_CASE("a sink that throws is reported, and stays in use") {
  std::vector<std::string> calls;
  {
    Logger logger(LoggerOptions().console(false));
    logger.add_sink(std::make_unique<CountingSink>(calls));
    logger.raw("throw");
    logger.raw("after");
    CHECK_FALSE(logger.flush());
    CHECK(logger.sink_error() == "log sink 'counting' failed: no");
  }
  CHECK(calls == std::vector<std::string>{"line throw", "line after", "close"});
}

TEST_CASE("a null sink is refused") {
  Logger logger(LoggerOptions().console(false));
  CHECK_THROWS_AS(logger.add_sink(nullptr), thexp::UsageError);
}

}  // namespace
