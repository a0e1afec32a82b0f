#include "thexp/base/file.h"
#include "thexp/tracking/sink.h"

namespace thexp {
namespace {

class FileSink : public Sink {
 public:
  FileSink(const fs::path& path, FileFrames frames)
      : file_(path), frames_(frames) {}

  std::string name() const override { return file_.path().string(); }

  void line(std::string_view text) override {
    close();
    write(text);
  }

  void frame(std::string_view text) override {
    if (frames_ == FileFrames::kNone) return;
    frame_ = one_line(text);
    pending_ = true;
  }

  void close() override {
    if (!pending_) return;
    pending_ = false;
    write(frame_);
  }

  std::chrono::milliseconds frame_interval() const override {
    return std::chrono::milliseconds(1000);
  }

 private:
  void write(std::string_view text) { file_.append(std::string(text) + '\n'); }

  AppendFile file_;
  FileFrames frames_;
  std::string frame_;
  bool pending_ = false;
};

}  // namespace

std::unique_ptr<Sink> make_file_sink(const fs::path& path, FileFrames frames) {
  return std::make_unique<FileSink>(path, frames);
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
