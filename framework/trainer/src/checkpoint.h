#pragma once

#include <cstdint>
#include <string>

#include "fingerprint.h"
#include "thexp/base/value.h"
#include "thexp/state/state.h"

namespace thexp {

/// A checkpoint that was read: what its entries are called, in format 2.
///
///     {<model>: state_dict, …, <optimizer>: state_dict, …,
///      "thexp": {"format": 2, "progress": {…}, …}}
///
/// What TrainingState writes and loads is in "thexp", too. One of an earlier
/// format is turned into this one (earlier_formats.cpp).
class Checkpoint {
 public:
  static constexpr int64_t kFormat = 2;
  static constexpr const char* kOwn = "thexp";

  /// Whether a file's content is a Trainer's.
  static bool is_one(const State& state);

  /// @throws FormatError for a format that is not known.
  explicit Checkpoint(State whole);

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
  /// Training has come to its end there: all epochs or steps, or a decision to
  /// stop.
  bool is_complete() const;
  /// Why it was decided to stop; empty when it was not.
  std::string stop_reason() const;
  int64_t threads() const { return own().at("threads").as_integer(); }
  /// How long its run's files were.
  Value file_lengths() const { return own().at("files").to_value(); }

  static void set_file_lengths(State& whole, const Value& lengths);

 private:
  State whole_;
};

}  // namespace thexp
