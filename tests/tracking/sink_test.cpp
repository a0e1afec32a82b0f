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

thexp::ConsoleSinkOptions plain_options(const Pipe& pipe,
                                        const FixedClock& clock) {
  return thexp::ConsoleSinkOptions()
      .descriptor(pipe.write_end())
      .plain_interval(milliseconds(5000))
      .clock(clock);
}

TEST_CASE("T11 a frame is written when its time has come, not with the next") {
  FixedClock clock;
  Pipe pipe;
  auto sink = thexp::make_console_sink(plain_options(pipe, clock));
  CHECK(sink->wait() == thexp::Sink::kNothingWaits);
  clock.advance(milliseconds(1000));
  sink->frame("1/9");
  CHECK(sink->wait() == milliseconds(4000));
  CHECK(sink->pump());
  CHECK(pipe.read_available() == "");
  clock.advance(milliseconds(4000));
  CHECK(sink->wait() == milliseconds(0));
  CHECK(sink->pump());
  CHECK(pipe.read_available() == "1/9\n");
  CHECK(sink->wait() == thexp::Sink::kNothingWaits);
}

TEST_CASE("T11 nothing stays of an inline line that is taken back") {
  FixedClock clock;
  Pipe pipe;
  TempDir dir;
  auto plain = thexp::make_console_sink(plain_options(pipe, clock));
  auto file = thexp::make_file_sink(dir / "log.txt");
  for (thexp::Sink* sink : {plain.get(), file.get()}) {
    sink->frame("9/9");
    sink->frame("");
    sink->line("end");
    sink->close();
    CHECK(sink->pump());
  }
  CHECK(pipe.read_all() == "end\n");
  CHECK(read_file(dir / "log.txt") == "end\n");
}

TEST_CASE("G17 a frame becomes a marked line where nothing else is written") {
  FixedClock clock;
  TempDir dir;
  auto sink = thexp::make_file_sink(dir / "log.txt",
                                    thexp::FileSinkOptions()
                                        .marked_frames(std::chrono::seconds(30))
                                        .clock(clock));
  auto log = [&] { return read_file(dir / "log.txt"); };
  sink->line("begin");
  clock.advance(milliseconds(29000));
  sink->frame("26-11-21 10:00:29 | 1/9");
  CHECK(log() == "begin\n");
  CHECK(sink->wait() == milliseconds(1000));
  clock.advance(milliseconds(1000));
  CHECK(sink->pump());
  std::string so_far = "begin\n26-11-21 10:00:29 | ~ | 1/9\n";
  CHECK(log() == so_far);
  clock.advance(milliseconds(1000));
  sink->frame("26-11-21 10:00:31 | 2/9");
  sink->line("end");  // says what came of it
  clock.advance(milliseconds(60000));
  CHECK(sink->pump());
  sink->close();
  CHECK(log() == so_far + "end\n");
}

TEST_CASE("a file that is to have no frames asks for none") {
  TempDir dir;
  auto sink = thexp::make_file_sink(
      dir / "log.txt", thexp::FileSinkOptions().marked_frames(milliseconds(0)));
  CHECK(sink->frame_interval() > std::chrono::hours(1));
  sink->frame("1/9");
  CHECK(sink->wait() == thexp::Sink::kNothingWaits);
  sink->close();
  CHECK(read_file(dir / "log.txt") == "");
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
