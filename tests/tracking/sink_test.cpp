#include "thexp/tracking/sink.h"

#include <unistd.h>

#include "catch.h"
#include "fixed_clock.h"
#include "pipe.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"

namespace {

using std::chrono::milliseconds;
using thexp::read_file;
using thexp_test::FixedClock;
using thexp_test::Pipe;
using thexp_test::TempDir;

TEST_CASE("T11 13 a file holds the last inline frame before a line only") {
  TempDir dir;
  auto sink = thexp::make_file_sink(dir / "log.txt");
  sink->frame("p");
  sink->frame("q");
  sink->line("end");
  CHECK(read_file(dir / "log.txt") == "q\nend\n");
  sink->frame("r");
  CHECK(read_file(dir / "log.txt") == "q\nend\n");
  sink->close();
  sink->close();
  CHECK(read_file(dir / "log.txt") == "q\nend\nr\n");
}

TEST_CASE("a file sink appends to what is there") {
  TempDir dir;
  thexp::make_file_sink(dir / "log.txt")->line("one");
  thexp::make_file_sink(dir / "log.txt")->line("two");
  CHECK(read_file(dir / "log.txt") == "one\ntwo\n");
}

TEST_CASE("a frame is one line without control characters") {
  TempDir dir;
  auto sink = thexp::make_file_sink(dir / "log.txt");
  sink->frame("a\nb\rc\x1b[Kd\te");
  sink->line("line\nof two");
  CHECK(read_file(dir / "log.txt") == "a b c [Kd e\nline\nof two\n");
}

TEST_CASE("a file sink says which file cannot be opened") {
  TempDir dir;
  std::string message = thexp_test::message_of<thexp::FileError>(
      [&] { thexp::make_file_sink(dir.path()); });
  CHECK_CONTAINS(message, dir.path().string());
}

TEST_CASE("T11 without a terminal a frame is a line every few seconds") {
  FixedClock clock;
  Pipe pipe;
  thexp::ConsoleSinkOptions options;
  options.descriptor(pipe.write_end());
  options.plain_interval(milliseconds(5000));
  options.clock(clock);
  auto sink = thexp::make_console_sink(options);
  sink->frame("1/9");
  clock.advance(milliseconds(4999));
  sink->frame("2/9");
  clock.advance(milliseconds(1));
  sink->frame("3/9");
  clock.advance(milliseconds(4999));
  sink->frame("4/9");
  sink->frame("5/9");
  sink->line("end");
  sink->close();
  CHECK(sink->pump());
  CHECK(pipe.read_all() == "3/9\n5/9\nend\n");
}

TEST_CASE("a frame that was written as a line is not written again") {
  FixedClock clock;
  Pipe pipe;
  thexp::ConsoleSinkOptions options;
  options.descriptor(pipe.write_end());
  options.plain_interval(milliseconds(0));
  options.clock(clock);
  auto sink = thexp::make_console_sink(options);
  sink->frame("1/1");
  sink->line("end");
  CHECK(sink->pump());
  CHECK(pipe.read_all() == "1/1\nend\n");
}

TEST_CASE("pump() hands over what a full pipe takes, and the rest later") {
  Pipe pipe;
  thexp::ConsoleSinkOptions options;
  options.descriptor(pipe.write_end());
  auto sink = thexp::make_console_sink(options);
  const std::string text(Pipe::kCapacity + 1000, 'x');
  sink->line(text);
  CHECK_FALSE(sink->pump());
  std::string first = pipe.read_available();
  CHECK(sink->pump());
  CHECK((first + pipe.read_all() == text + "\n"));
}

}  // namespace
