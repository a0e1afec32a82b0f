#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace thexp {

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

/// The value of the texts "nan", "inf" and "-inf"; none for any other.
std::optional<double> parse_non_finite(std::string_view text);

/// "1.50k", "3.20M", "84": a quantity in three digits for people.
std::string format_count(double value);

/// "382 B", "1.5 KiB", "400.0 MiB".
std::string format_bytes(double bytes);

}  // namespace thexp
