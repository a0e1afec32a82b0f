#include "thexp/tracking/metric_store.h"

#include <signal.h>
#include <sys/resource.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"
#include "thexp/tracking/metric_reader.h"

namespace {

using thexp::MetricPoint;
using thexp::Metrics;
using thexp::MetricSeries;
using thexp::MetricStore;
using thexp::read_file;
using thexp::read_metrics;
using thexp_test::message_of;
using thexp_test::TempDir;

std::vector<double> values_of(const Metrics& metrics, const std::string& tag) {
  std::vector<double> values;
  const MetricSeries* series = metrics.find(tag);
  REQUIRE(series != nullptr);
  for (const MetricPoint& point : series->points) values.push_back(point.value);
  return values;
}

TEST_CASE("B3 recorded values are lines of JSON after a flush") {
  TempDir dir;
  MetricStore store(dir / "metrics.jsonl");
  store.record("train/loss", 0.3, 12, 1);
  store.record("a \"b\"\n", 2, 12, 1);
  CHECK(read_file(dir / "metrics.jsonl").empty());
  store.flush();
  CHECK(read_file(dir / "metrics.jsonl") ==
        R"({"step":12,"epoch":1,"tag":"train/loss","value":0.3})"
        "\n"
        R"({"step":12,"epoch":1,"tag":"a \"b\"\n","value":2})"
        "\n");
}

TEST_CASE("B6 values read back bit for bit, by tag") {
  TempDir dir;
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {0.1, 1e-310,   1e300,    -0.0,
                                      3,   infinity, -infinity};
  {
    MetricStore store(dir / "m");
    for (std::size_t i = 0; i < values.size(); ++i) {
      store.record("x", values[i], static_cast<int64_t>(i), 0);
    }
    store.record("nan", std::nan(""), 5, 2);
  }
  Metrics metrics = read_metrics(dir / "m");
  CHECK(metrics.torn.empty());
  CHECK(values_of(metrics, "x") == values);
  CHECK(std::signbit(values_of(metrics, "x")[3]));
  CHECK_CONTAINS(read_file(dir / "m"), "\"value\":-0.0}");
  const MetricPoint& last = metrics.find("nan")->points.back();
  CHECK(std::isnan(last.value));
  CHECK(last.step == 5);
  CHECK(last.epoch == 2);
  CHECK(metrics.find("absent") == nullptr);
}

TEST_CASE("B3 a value again at the same step replaces the first") {
  TempDir dir;
  MetricStore store(dir / "m");
  store.record("x", 1, 1, 0);
  store.record("x", 2, 1, 0);
  store.record("y", 3, 0, 0);
  store.flush();
  Metrics metrics = read_metrics(dir / "m");
  CHECK(values_of(metrics, "x") == std::vector<double>{2});
  CHECK(values_of(metrics, "y") == std::vector<double>{3});
}

TEST_CASE("a step that goes back, or a tag without a name, is refused") {
  TempDir dir;
  MetricStore store(dir / "m");
  store.record("x", 1, 7, 0);
  CHECK(message_of<thexp::UsageError>([&] { store.record("x", 1, 6, 0); }) ==
        "metric 'x' was recorded at step 6 after step 7: steps of a tag must "
        "not go back");
  CHECK_THROWS_AS(store.record("", 1, 8, 0), thexp::UsageError);
  store.flush();
  CHECK(values_of(read_metrics(dir / "m"), "x") == std::vector<double>{1});
}

TEST_CASE("a store opened again supersedes later values of the tag") {
  TempDir dir;
  auto record = [&](int64_t from, int64_t to, double value) {
    MetricStore store(dir / "m");
    for (auto step = from; step < to; ++step) store.record("x", value, step, 0);
  };
  record(0, 6, 1);
  record(3, 5, 2);
  CHECK(values_of(read_metrics(dir / "m"), "x") ==
        std::vector<double>{1, 1, 1, 2, 2});
}

TEST_CASE("a torn last line is reported, and cut off by the next writer") {
  TempDir dir;
  const std::string whole = R"({"step":1,"epoch":0,"tag":"x","value":1})"
                            "\n";
  thexp::write_file_atomic(dir / "m", whole + R"({"step":2,"ep)");
  Metrics metrics = read_metrics(dir / "m");
  CHECK(metrics.torn ==
        (dir / "m").string() + R"(:2: the last line is torn: '{"step":2,"ep')");
  CHECK(values_of(metrics, "x") == std::vector<double>{1});

  MetricStore(dir / "m").record("x", 5, 2, 0);
  metrics = read_metrics(dir / "m");
  CHECK(metrics.torn.empty());
  CHECK(values_of(metrics, "x") == std::vector<double>{1, 5});
}

TEST_CASE("a malformed line is an error with its number") {
  TempDir dir;
  auto problem_of = [&](const std::string& line) {
    thexp::write_file_atomic(dir / "m", "\n" + line + "\n");
    return message_of<thexp::FormatError>([&] { read_metrics(dir / "m"); });
  };
  CHECK_CONTAINS(problem_of("{"), (dir / "m").string() + ":1: ");
  thexp::write_file_atomic(dir / "m",
                           R"({"step":1,"epoch":0,"tag":"x","value":null})"
                           "\n");
  CHECK(message_of<thexp::FormatError>([&] { read_metrics(dir / "m"); }) ==
        (dir / "m").string() + ":1: \"value\" is null");
}

TEST_CASE("no file is no metrics") {
  TempDir dir;
  CHECK(read_metrics(dir / "absent").series.empty());
}

/// Files of this process cannot grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST_CASE("what a full disk refused is kept, and written once it has room") {
  TempDir dir;
  MetricStore store(dir / "m");
  store.record("x", 1, 1, 0);
  store.flush();
  const std::string before = read_file(dir / "m");
  store.record("x", 2, 2, 0);
  {
    FileSizeLimit limit(before.size() + 10);
    CHECK_CONTAINS(message_of<thexp::FileError>([&] { store.flush(); }),
                   (dir / "m").string());
  }
  CHECK(read_file(dir / "m") == before);
  store.record("x", 3, 3, 0);
  store.flush();
  CHECK(values_of(read_metrics(dir / "m"), "x") ==
        std::vector<double>{1, 2, 3});
}

TEST_CASE("threads record at once, while another flushes") {
  constexpr int kThreads = 4, kSteps = 500;
  TempDir dir;
  {
    MetricStore store(dir / "m");
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&store, t] {
        for (int i = 0; i < kSteps; ++i) {
          store.record("tag" + std::to_string(t), i, i, 0);
          if (i % 50 == 0) store.flush();
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  Metrics metrics = read_metrics(dir / "m");
  CHECK(metrics.series.size() == kThreads);
  for (const MetricSeries& series : metrics.series) {
    CHECK(series.points.size() == kSteps);
    CHECK(series.points.back().value == kSteps - 1);
  }
}

/// What the reader makes of a line, as text.
std::string reading_of(const std::string& line) {
  TempDir dir;
  thexp::write_file_atomic(dir / "metrics.jsonl", line + "\n");
  try {
    thexp::Metrics metrics = thexp::read_metrics(dir / "metrics.jsonl");
    const thexp::MetricSeries& series = metrics.series.at(0);
    const thexp::MetricPoint& point = series.points.at(0);
    return series.tag + " " + std::to_string(point.step) + " " +
           std::to_string(point.epoch) + " " + thexp::format_real(point.value);
  } catch (const thexp::FormatError&) {
    return "an error";
  }
}

TEST_CASE("a line is read alike, whether it is as written or any JSON") {
  for (const char* value : {"0.5",
                            "-0.5",
                            "0",
                            "-0",
                            "0.0",
                            "-0.0",
                            "1e5",
                            "1E5",
                            "1e+5",
                            "1.",
                            "1.e5",
                            "01",
                            "00.5",
                            "-01",
                            ".5",
                            "-.5",
                            "+1",
                            "1e400",
                            "1e-400",
                            "0e5",
                            "inf",
                            "nan",
                            "NaN",
                            "Infinity",
                            "0x1",
                            "1_0",
                            "12345678901",
                            "9223372036854775807",
                            "9223372036854775808",
                            "1e19",
                            "\"nan\"",
                            "\"-inf\"",
                            "\"1\"",
                            "null",
                            "true",
                            "[1]",
                            "",
                            "-",
                            "1e",
                            "5 ",
                            "4.9406564584124654e-324",
                            "1.7976931348623157e308"}) {
    for (const char* tag :
         {"a", "a/b c", "\\u00e4", "\xc3\xa4", "\xff", "a\\/b"}) {
      std::string rest = std::string("\"epoch\":2,\"tag\":\"") + tag +
                         "\",\"value\":" + value + "}";
      INFO(rest);
      CHECK(reading_of("{\"step\":1," + rest) ==
            reading_of("{ \"step\":1," + rest));
    }
  }
  for (const char* step :
       {"1.0", "-1", "01", "1e3", "9223372036854775808", "\"1\"", "", "-0"}) {
    std::string rest =
        std::string(step) + ",\"epoch\":0,\"tag\":\"a\",\"value\":1}";
    INFO(rest);
    CHECK(reading_of("{\"step\":" + rest) == reading_of("{ \"step\":" + rest));
  }
}

}  // namespace
