#pragma once

#include <string>

namespace thexp {

/// How training ended.
struct TrainResult {
  /// False when it was stopped: by stop_train(), a signal, or a callback that
  /// answered kStop; also at the end of the last epoch.
  bool completed = true;
  /// The reason given to stop_train(); empty when completed.
  std::string reason;
};

}  // namespace thexp
