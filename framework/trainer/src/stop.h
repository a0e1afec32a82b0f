#pragma once

#include <optional>
#include <string>
#include <utility>

#include "thexp/state/kept_members.h"

namespace thexp {

/// What has asked training, or its epoch, to end. A decision stays decided: a
/// run that is killed after it does not go on. An interrupt comes from outside
/// of the program; a resume goes on after it.
class Stop {
 public:
  /// The first decision counts.
  void decide(std::string reason) {
    if (!std::exchange(decided_, true)) decision_ = std::move(reason);
  }
  void interrupt(std::string reason) {
    if (!interrupt_) interrupt_ = std::move(reason);
  }
  void end_epoch() { epoch_ = true; }

  bool ends_training() const { return decided_ || interrupt_; }
  bool ends_epoch() const { return epoch_; }
  bool interrupted() const { return interrupt_.has_value(); }
  /// A resume finishes what this leaves undone.
  bool only_interrupted() const { return interrupt_ && !decided_; }

  /// The decision's reason, else the interrupt's, else "".
  std::string reason() const {
    return decided_ ? decision_ : interrupt_.value_or("");
  }

  void forget_decision() {
    decided_ = false;
    decision_.clear();
  }
  void forget_interrupt() { interrupt_.reset(); }
  void forget_epoch() { epoch_ = false; }

  void keep_in(KeptMembers& kept) {
    kept.add("stop_epoch", epoch_);
    kept.add("stop_train", decided_);
    kept.add("stop_reason", decision_);
  }

 private:
  bool decided_ = false;
  std::string decision_;
  std::optional<std::string> interrupt_;
  bool epoch_ = false;
};

}  // namespace thexp
