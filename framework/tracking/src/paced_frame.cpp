#include "paced_frame.h"

#include <algorithm>
#include <utility>

#include "thexp/tracking/sink.h"

namespace thexp {

void PacedFrame::put(std::string_view text) { text_ = one_line(text); }

std::optional<std::string> PacedFrame::take() {
  if (text_.empty()) return std::nullopt;
  return std::exchange(text_, {});
}

std::optional<std::string> PacedFrame::take_due() {
  return wait().count() > 0 ? std::nullopt : take();
}

std::chrono::milliseconds PacedFrame::wait() const {
  using std::chrono::milliseconds;
  if (text_.empty()) return Sink::kNothingWaits;
  auto passed = clock_.steady() - written_at_;
  if (passed >= interval_) return milliseconds(0);
  return std::chrono::ceil<milliseconds>(interval_ - passed);
}

}  // namespace thexp
