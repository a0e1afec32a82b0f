#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "thexp/base/clock.h"

namespace thexp {

// The newest of frames that come often. It becomes a line when nothing was
// written for an interval.
class PacedFrame {
 public:
  PacedFrame(std::chrono::milliseconds interval, const Clock& clock)
      : interval_(interval), clock_(clock), written_at_(clock.steady()) {}

  // Replaces the one that waits; empty text takes it back.
  void put(std::string_view text);
  // Something was written: the interval begins anew.
  void note_writing() { written_at_ = clock_.steady(); }

  // The frame that waits, whose turn it is then; take_due(): if it is time.
  std::optional<std::string> take();
  std::optional<std::string> take_due();

  // Until it is time for the frame that waits; Sink::kNothingWaits without one.
  std::chrono::milliseconds wait() const;

 private:
  std::chrono::milliseconds interval_;
  const Clock& clock_;
  SteadyTime written_at_;
  std::string text_;
};

}  // namespace thexp
