#include "follow_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <utility>

#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/tracking/live.h"
#include "thexp/tracking/marked_line.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {
namespace {

constexpr std::chrono::milliseconds kPause{200};

// The log's text, and one moving line below it.
class Screen {
 public:
  Screen() : columns_(terminal_columns(STDOUT_FILENO)) {}
  ~Screen() {
    try {
      take_back();
    } catch (const std::exception&) {
      // The terminal is gone: there is nothing to take back.
    }
  }

  void print(const std::string& text) {
    take_back();
    put(text);
  }

  void show(const std::string& line) {
    if (!columns_ || line == shown_) return;
    take_back();
    put(fit_width(line, *columns_ - 1));
    shown_ = line;
  }

 private:
  void take_back() {
    bool is_shown = !std::exchange(shown_, {}).empty();
    if (is_shown) put("\r\x1b[K");
  }

  static void put(const std::string& text) {
    bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0;
    if (!written) {
      throw FileError::system("cannot write to", "standard output", errno);
    }
  }

  const std::optional<std::size_t> columns_;
  std::string shown_;
};

// A run that was killed or interrupted may go on, in this very folder.
bool may_go_on(RunStatus status) {
  return status == RunStatus::kKilled || status == RunStatus::kInterrupted;
}

std::string end_line(const RunRecord& run) {
  std::string line = fmt::format("(the run {})", status_name(run.status));
  if (run.status == RunStatus::kCompleted) line = "(the run is completed)";
  if (run.status == RunStatus::kFailed) line = "(the run failed)";
  if (run.status == RunStatus::kKilled) line = "(the run was killed";
  if (run.status == RunStatus::kInterrupted) line = "(the run was interrupted";
  if (may_go_on(run.status)) line += "; waiting for it to go on)";
  return line + "\n";
}

}  // namespace

LogReader::LogReader(fs::path run) : path_(std::move(run) / "console.log") {}

std::string LogReader::read_more() {
  std::error_code absent;
  auto bytes = fs::file_size(path_, absent);
  if (absent) return "";
  was_cut_ = bytes < position_;
  if (was_cut_) position_ = bytes;
  if (bytes == position_) return "";
  std::ifstream file(path_, std::ios::binary);
  if (!file) throw FileError::system("cannot read", path_, errno);
  file.seekg(static_cast<std::streamoff>(position_));
  std::string text(bytes - position_, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0
  position_ += text.size();
  return text;
}

int follow_log(const fs::path& run,
               std::string first,
               LogReader& log,
               bool with_frames) {
  Screen screen;
  screen.print(first);
  RunStatus said = RunStatus::kRunning;
  auto print_more = [&] {
    std::string more = log.read_more();
    if (log.was_cut()) screen.print("(the run goes on from a checkpoint)\n");
    if (!with_frames) more = without_marked_lines(more);
    if (!more.empty()) screen.print(more);
  };
  for (;;) {
    RunRecord record = read_run(run);  // before the log: nothing is missed
    print_more();
    bool ended = record.status != RunStatus::kRunning;
    if (ended && record.status != said) {
      print_more();
      screen.print(end_line(record));
    }
    if (ended && !may_go_on(record.status)) return 0;
    said = record.status;
    auto live = ended ? std::nullopt : read_live(run);
    if (live && with_frames) screen.show(live->line);
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace thexp::cli
