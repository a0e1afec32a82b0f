#include "thexp/meters/format.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr double kScientificFrom = 1e7;

// Half-up or half-even is the printer's affair: what counts is what it shows.
bool shows_zero(const std::string& text) {
  return text.find_first_of("123456789") == std::string::npos;
}

std::string without_minus_zero(std::string text) {
  if (text[0] == '-' && shows_zero(text)) text.erase(0, 1);
  return text;
}

std::string plain_real(double value) {
  std::string text = fmt::format("{:.4f}", value);
  bool vanishes = value != 0 && shows_zero(text);
  if (vanishes || std::abs(value) >= kScientificFrom) {
    return fmt::format("{:.1e}", value);
  }
  return without_minus_zero(std::move(text));
}

}  // namespace

MeterFormat MeterFormat::fixed(int decimals) {
  if (decimals < 0 || decimals > 17) {
    throw UsageError(
        fmt::format("fixed({}): decimals must be within 0 and 17", decimals));
  }
  return {Kind::kFixed, decimals};
}

std::string MeterFormat::name() const {
  switch (kind) {
    case Kind::kPlain:
      return "plain";
    case Kind::kPercent:
      return "percent";
    case Kind::kInteger:
      return "integer";
    case Kind::kFixed:
      break;
  }
  return fmt::format("fixed({})", decimals);
}

std::string format_number(const MeterFormat& format, double value) {
  if (!std::isfinite(value)) return format_real(value);
  switch (format.kind) {
    case MeterFormat::Kind::kPlain:
      return plain_real(value);
    case MeterFormat::Kind::kPercent:
      return without_minus_zero(fmt::format("{:.2f}%", value * 100));
    case MeterFormat::Kind::kInteger:
      return without_minus_zero(fmt::format("{:.0f}", value));
    case MeterFormat::Kind::kFixed:
      break;
  }
  return without_minus_zero(fmt::format("{:.{}f}", value, format.decimals));
}

std::string format_number(const MeterFormat& format, int64_t value) {
  bool as_it_is = format.kind == MeterFormat::Kind::kPlain ||
                  format.kind == MeterFormat::Kind::kInteger;
  if (as_it_is) return fmt::format("{}", value);
  return format_number(format, static_cast<double>(value));
}

}  // namespace thexp
