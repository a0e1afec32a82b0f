#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace thexp {

/// The text of a progress line, made of the parts that are given, those that
/// matter most first:
///
///     3/250 | @loss=0.21 | 1h05m left | 0m12s < 1m40s | lr 0.05 | 12.3k ex/s
///
/// Elapsed time stands before "<", the remaining one after it. Without a total
/// the position and the elapsed time stand alone.
class ProgressText {
 public:
  using Seconds = std::chrono::duration<double>;

  /// Steps done so far.
  ProgressText& position(int64_t value);
  /// Steps in all; not given when it is not known.
  ProgressText& total(int64_t value);
  /// The meters, printed; left out when empty.
  ProgressText& meters(std::string text);
  /// The time to go for all of which this is a part, such as a training of many
  /// epochs.
  ProgressText& left(Seconds value);
  /// Learning rates; those that are alike are shown once.
  ProgressText& learning_rates(const std::vector<double>& values);
  /// So many a second, "12.3k ex/s", of examples or of something else besides;
  /// left out when not finite or not positive.
  ProgressText& rate(double per_second, const std::string& unit = "ex");
  /// Time since the first step.
  ProgressText& elapsed(Seconds value);
  /// Time to go. Not given, it follows from the elapsed time and the share of
  /// the steps that are done; "?" before the first one is.
  ProgressText& remaining(Seconds value);

  std::string to_string() const;

 private:
  std::string times() const;
  std::string remaining_text() const;

  int64_t position_ = 0;
  std::optional<int64_t> total_;
  std::string meters_;
  std::map<std::string, std::string> rates_;  // by unit
  std::optional<Seconds> elapsed_;
  std::optional<Seconds> remaining_;
  std::optional<Seconds> left_;
  std::vector<std::string> learning_rates_;
};

}  // namespace thexp
