#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "thexp/base/clock.h"
#include "thexp/tracking/sink.h"

namespace thexp {

/// The file in a run's folder that says where the run stands this second.
constexpr const char* kLiveFile = "live.json";

/// What those who watch a run see of it.
struct LiveState {
  std::string line;  ///< the moving line
  std::optional<int64_t> step;
  double speed = 0;    ///< steps a second; 0 where it is not known
  int64_t memory = 0;  ///< bytes that the process has in memory
  SystemTime time;     ///< when this was written
};

/// Of the run in this folder; none when it shows nothing, as one that is over.
std::optional<LiveState> read_live(const std::filesystem::path& run);

/// How far the training is, for the thread that writes live.json.
class LiveStep {
 public:
  void set(int64_t step) { step_.store(step, std::memory_order_relaxed); }
  int64_t get() const { return step_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> step_{-1};
};

/// A sink for a Logger: writes each frame to live.json in `run`, at most once
/// a second. The file is replaced, and not forced to the disk; a run that ends
/// removes it. Trouble with it stops nothing: it is a convenience.
std::unique_ptr<Sink> make_live_sink(
    const std::filesystem::path& run,
    std::shared_ptr<const LiveStep> step = nullptr,
    const Clock& clock = Clock::system());

}  // namespace thexp
