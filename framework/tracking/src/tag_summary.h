#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "thexp/base/mode.h"
#include "thexp/base/value.h"

namespace thexp {

// A tag's newest value and its best one, as run.json has them.
class TagSummary {
 public:
  // Without a mode no value is better than another.
  explicit TagSummary(std::optional<Mode> mode)
      : mode_(mode.value_or(Mode::kMin)), has_best_(mode.has_value()) {}
  // What to_value() made; `mode` counts where that says none. Throws UsageError
  // when it is something else.
  TagSummary(const Value& json, std::optional<Mode> mode);

  void set_mode(Mode mode) {
    mode_ = mode;
    has_best_ = true;
  }
  void add(double value, int64_t step, int64_t epoch) {
    value_ = value;
    other_.reset();
    step_ = step;
    epoch_ = epoch;
    if (!has_best_) return;
    if (best_step_ == kNone ? value != value : !is_better(value, best_, mode_))
      return;
    best_ = value;
    best_step_ = step;
    best_epoch_ = epoch;
  }
  // Only numbers have a best value.
  void add(Value value, int64_t step, int64_t epoch) {
    other_ = std::move(value);
    step_ = step;
    epoch_ = epoch;
  }

  bool is_empty() const { return step_ == kNone; }
  int64_t step() const { return step_; }  // -1 when it is empty
  // One of the same mode.
  TagSummary emptied() const {
    return TagSummary(has_best_ ? std::optional(mode_) : std::nullopt);
  }
  // Whether it says anything of `step` or later.
  bool reaches(int64_t step) const {
    return step_ >= step || best_step_ >= step;
  }
  Value to_value() const;

 private:
  static constexpr int64_t kNone = -1;

  Mode mode_;
  bool has_best_ = true;
  double value_ = 0;
  std::optional<Value> other_;
  int64_t step_ = kNone;
  int64_t epoch_ = kNone;
  double best_ = 0;
  int64_t best_step_ = kNone;
  int64_t best_epoch_ = kNone;
};

}  // namespace thexp
