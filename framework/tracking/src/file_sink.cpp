#include <algorithm>
#include <fstream>
#include <utility>

#include "paced_frame.h"
#include "thexp/base/file.h"
#include "thexp/tracking/marked_line.h"
#include "thexp/tracking/sink.h"

namespace thexp {
namespace {

// What a machine that went down left of a line stays a line of its own.
bool ends_within_line(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file || file.tellg() == 0) return false;
  file.seekg(-1, std::ios::end);
  return file.get() != '\n';
}

class FileSink : public Sink {
 public:
  explicit FileSink(const fs::path& path) : file_(path) {
    if (ends_within_line(path)) file_.append("\n");
  }

  std::string name() const override { return file_.path().string(); }

  void line(std::string_view text) override {
    close();
    write(text);
  }

  std::chrono::milliseconds frame_interval() const override {
    return std::chrono::milliseconds(1000);
  }

 protected:
  void write(std::string_view text) { file_.append(std::string(text) + '\n'); }

 private:
  AppendFile file_;
};

// Keeps the last state of an inline line.
class LastFrameSink : public FileSink {
 public:
  using FileSink::FileSink;

  void frame(std::string_view text) override { frame_ = one_line(text); }

  void close() override {
    if (!frame_.empty()) write(std::exchange(frame_, {}));
  }

 private:
  std::string frame_;
};

// Has a marked line now and then.
class MarkedFrameSink : public FileSink {
 public:
  MarkedFrameSink(const fs::path& path,
                  std::chrono::milliseconds interval,
                  const Clock& clock)
      : FileSink(path), interval_(interval), frame_(interval, clock) {}

  void line(std::string_view text) override {
    FileSink::line(text);
    frame_.note_writing();
  }

  void frame(std::string_view text) override {
    if (wants_frames()) frame_.put(text);
    pump();
  }

  // Says nothing of where an epoch stands.
  void output(std::string_view, std::string_view lines) override {
    if (!lines.empty()) write(lines.substr(0, lines.size() - 1));
  }

  void close() override { frame_.put(""); }

  bool pump() override {
    if (auto text = frame_.take_due()) {
      write(marked_line(*text));
      frame_.note_writing();
    }
    return true;
  }

  std::chrono::milliseconds wait() const override { return frame_.wait(); }

  std::chrono::milliseconds frame_interval() const override {
    if (!wants_frames()) return std::chrono::hours(24);
    return std::min(interval_, FileSink::frame_interval());
  }

 private:
  bool wants_frames() const { return interval_.count() > 0; }

  std::chrono::milliseconds interval_;
  PacedFrame frame_;
};

}  // namespace

std::unique_ptr<Sink> make_file_sink(const fs::path& path,
                                     const FileSinkOptions& options) {
  if (auto interval = options.marked_frames()) {
    return std::make_unique<MarkedFrameSink>(path, *interval, options.clock());
  }
  return std::make_unique<LastFrameSink>(path);
}

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return line;
}

}  // namespace thexp
