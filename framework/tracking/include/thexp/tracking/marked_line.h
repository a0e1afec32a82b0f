#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "thexp/base/clock.h"

namespace thexp {

/// How a log's line says when: "26-11-21 10:00:00", local time.
std::string log_date(SystemTime time);

/// The length of the date that a log's line begins with, "26-11-21 10:00:00 |
/// ", or 0.
std::size_t date_length(std::string_view line);

/// A line for those who follow a log while it grows, such as where training
/// stands: "DATE | a" becomes "DATE | ~ | a". It does not count
/// as what a run's log tells, which is the same however often it was killed.
std::string marked_line(std::string_view line);

bool is_marked_line(std::string_view line);

/// A log's text without them.
std::string without_marked_lines(std::string_view log);

}  // namespace thexp
