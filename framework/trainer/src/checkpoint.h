#pragma once

#include <cstdint>
#include <string>

#include "fingerprint.h"
#include "thexp/base/value.h"
#include "thexp/state/state.h"

namespace thexp {

/// A checkpoint that was read: what its entries are called, in format 1.
///
///     {<model>: state_dict, …, <optimizer>: state_dict, …,
///      "thexp": {"format": 1, "progress": {…}, …}}
///
/// What TrainingState writes and loads is in "thexp", too.
class Checkpoint {
 public:
  static constexpr int64_t kFormat = 1;
  static constexpr const char* kOwn = "thexp";

  /// Whether a file's content is a Trainer's.
  static bool is_one(const State& state);

  explicit Checkpoint(State whole) : whole_(std::move(whole)) {}

  const State& whole() const { return whole_; }
  /// The framework's own part.
  const State& own() const { return whole_.at(kOwn); }

  Fingerprint fingerprint() const;
  Value params() const { return own().at("params").to_value(); }
  const State& random() const { return own().at("random"); }
  int64_t epoch() const;
  int64_t step() const;
  /// Empty in checkpoints that were written without it.
  std::string hardware() const;
  int64_t threads() const { return own().at("threads").as_integer(); }
  /// How long its run's files were.
  Value file_lengths() const { return own().at("files").to_value(); }

  static void set_file_lengths(State& whole, const Value& lengths);

 private:
  State whole_;
};

}  // namespace thexp
