#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace thexp {

/// Columns that UTF-8 text takes on a terminal: 2 for wide (East Asian, emoji)
/// characters, 0 for combining marks and control characters. An invalid byte
/// counts as one column.
std::size_t display_width(std::string_view utf8);

/// The longest prefix of `utf8` that is at most `columns` wide; ends in "..."
/// when something was cut and there is room for three columns. Never cuts
/// inside a character.
std::string fit_width(std::string_view utf8, std::size_t columns);

/// `utf8` with blanks behind it, up to `columns`. Never cuts.
std::string pad_width(std::string_view utf8, std::size_t columns);

/// Lines of at most `columns`, cut at blanks. A longer word has a line of its
/// own. Without words: one empty line.
std::vector<std::string> wrap_words(std::string_view utf8, std::size_t columns);

/// How wide the terminal is that `descriptor` is open on. None where it is not
/// a terminal or does not say.
std::optional<std::size_t> terminal_columns(int descriptor);

}  // namespace thexp
