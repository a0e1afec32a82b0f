#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thexp {

/// Columns that UTF-8 text takes on a terminal: 2 for wide (East Asian, emoji)
/// characters, 0 for combining marks and control characters. An invalid byte
/// counts as one column.
std::size_t display_width(std::string_view utf8);

/// The longest prefix of `utf8` that is at most `columns` wide; ends in "..."
/// when something was cut and three columns are to be had. Never cuts inside
/// a character.
std::string fit_width(std::string_view utf8, std::size_t columns);

/// The candidate that a person most likely meant by `name`, or "" when none
/// is near (edit distance, transpositions counted once, at most a third of
/// the length).
std::string closest_match(std::string_view name,
                          const std::vector<std::string>& candidates);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts,
                 std::string_view separator);
std::string trim(std::string_view text);
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);

/// The shortest decimal text that reads back as the same double; always with
/// a point or an exponent ("1.0"), "nan", "inf", "-inf".
std::string format_real(double value);

/// "1.50k", "3.20M", "84": a quantity in three digits for people.
std::string format_count(double value);

/// "382 B", "1.5 KiB", "400.0 MiB".
std::string format_bytes(double bytes);

}  // namespace thexp
