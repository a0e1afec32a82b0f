#include <fstream>

#include "thexp/base/file.h"
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
  FileSink(const fs::path& path, FileFrames frames)
      : file_(path), frames_(frames) {
    if (ends_within_line(path)) file_.append("\n");
  }

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
