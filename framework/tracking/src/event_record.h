#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thexp {

// Records of an event file: each an Event of TensorFlow's event.proto, between
// its length and checksums (record_writer.h). `seconds` since 1970.

// What a file begins with.
std::string version_record(double seconds);

// Everything at `step` and later that came before is superseded.
std::string restart_record(double seconds, int64_t step);

std::string scalar_record(double seconds,
                          std::string_view tag,
                          double value,
                          int64_t step);

}  // namespace thexp
