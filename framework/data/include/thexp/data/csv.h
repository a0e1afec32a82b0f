#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ATen/core/Tensor.h"

namespace thexp {

class CsvOptions {
 public:
  /// The first line holds the columns' names. Default true.
  CsvOptions& header(bool value) {
    header_ = value;
    return *this;
  }
  bool header() const { return header_; }

  /// What stands between two values. Default a comma.
  CsvOptions& separator(char value) {
    separator_ = value;
    return *this;
  }
  char separator() const { return separator_; }

 private:
  bool header_ = true;
  char separator_ = ',';
};

/// A table of numbers.
struct CsvTable {
  /// Names of the columns; empty without a header.
  std::vector<std::string> columns;
  /// Doubles, [rows, columns].
  at::Tensor values;

  /// One column, [rows]. @throws UsageError with the names that there are.
  at::Tensor column(const std::string& name) const;
};

/// Reads a table of numbers. Empty lines and blanks around values are skipped,
/// names may be quoted, line ends may be "\r\n"; `nan` and `inf` are numbers.
/// @throws FileError when the file cannot be read; FormatError with
/// path:line:column when a value is not a number, a line has another number of
/// values than the first, a name comes twice, or a header line is all numbers.
CsvTable read_csv(const std::filesystem::path& path,
                  const CsvOptions& options = {});

}  // namespace thexp
