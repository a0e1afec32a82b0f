#pragma once

#include <cstdint>
#include <string>

namespace thexp {

/// How a number is shown. It belongs to a key of a Meter, and is stated:
/// nothing is guessed from the values.
struct MeterFormat {
  enum class Kind {
    kPlain,    ///< integers as they are, reals with 4 decimals
    kPercent,  ///< 0.236 → "23.60%"
    kInteger,  ///< the nearest integer: 3.236 → "3", 3.6 → "4"
    kFixed,    ///< exactly `decimals` decimals
  };

  Kind kind = Kind::kPlain;
  int decimals = 4;  ///< of kFixed

  static MeterFormat plain() { return {}; }
  static MeterFormat percent() { return {Kind::kPercent, 2}; }
  static MeterFormat integer() { return {Kind::kInteger, 0}; }

  /// @throws UsageError unless 0 <= decimals <= 17.
  static MeterFormat fixed(int decimals);

  /// "plain", "percent", "integer" or "fixed(6)".
  std::string name() const;

  friend bool operator==(const MeterFormat& a, const MeterFormat& b) {
    return a.kind == b.kind &&
           (a.kind != Kind::kFixed || a.decimals == b.decimals);
  }
  friend bool operator!=(const MeterFormat& a, const MeterFormat& b) {
    return !(a == b);
  }
};

/// The text of a number. The plain format has 4 decimals, or is scientific
/// ("1.2e-07") where 4 decimals would show a zero that is none, and from 1e7
/// on. Non-finite values are "nan", "inf", "-inf" in every format.
std::string format_number(const MeterFormat& format, double value);

/// The same for integers, which the plain format shows without decimals.
std::string format_number(const MeterFormat& format, int64_t value);

}  // namespace thexp
