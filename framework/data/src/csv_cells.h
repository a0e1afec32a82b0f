#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace thexp::detail {

/// What stands between two separators, without blanks and quotes around it.
struct CsvCell {
  std::string text;
  std::size_t column = 0;  ///< of its first character, from 1
  bool quoted = false;
};

/// The cells of a line; nothing when a quote is not closed.
std::optional<std::vector<CsvCell>> csv_cells(std::string_view line,
                                              char separator);

/// A cell's text as a number.
struct CsvNumber {
  double value = 0;
  std::errc error = std::errc();  ///< result_out_of_range: no double holds it

  bool is_number() const { return error == std::errc(); }
};
CsvNumber csv_number(std::string_view text);

}  // namespace thexp::detail
