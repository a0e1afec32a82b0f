#include "thexp/trainer/trainer_params.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/clock.h"
#include "thexp/base/error.h"

namespace thexp {

bool is_max_time(const Value& text) {
  return text.as_text().empty() || parse_duration(text.as_text()).has_value();
}

TrainerParams::TrainerParams() {
  set_bare_value("resume", "latest");
  set_bare_value("drill", "60");
  set_plus_key("epoch", "more_epochs");
  set_plus_key("steps", "more_steps");
}

TrainerParams::~TrainerParams() = default;

void TrainerParams::may_differ(const std::string& key) {
  if (!contains(key)) {
    throw UsageError(
        fmt::format("may_differ(\"{}\"): no such parameter is declared", key));
  }
  differing_.push_back(key);
}

bool TrainerParams::is_compared(const std::string& key) const {
  return std::find(differing_.begin(), differing_.end(), key) ==
         differing_.end();
}

}  // namespace thexp
