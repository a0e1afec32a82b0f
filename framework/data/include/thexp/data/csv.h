#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ATen/core/Tensor.h"

namespace thexp {

class CsvOptions {
 public:
  /// The first line holds the columns' names. Default true; where it is not
  /// stated, a first line of numbers alone is an error.
  CsvOptions& header(bool value) {
    header_ = value;
    return *this;
  }
  bool header() const { return header_.value_or(true); }
  bool header_was_stated() const { return header_.has_value(); }

  /// What stands between two values. Default a comma.
  CsvOptions& separator(char value) {
    separator_ = value;
    return *this;
  }
  char separator() const { return separator_; }

  /// Lines that begin with this character are skipped. Default: none are.
  CsvOptions& comment(char value) {
    comment_ = value;
    return *this;
  }
  std::optional<char> comment() const { return comment_; }

 private:
  std::optional<bool> header_;
  char separator_ = ',';
  std::optional<char> comment_;
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
/// names and values may be quoted (a quote within them is written twice), lines
/// end with "\n", "\r\n" or "\r"; `nan` and `inf` are numbers.
/// @throws FileError when the file cannot be read; FormatError with
/// path:line:column when a value is not a number or outside of a double's
/// range, a line has another number of values than the first, a name comes
/// twice, or a header that was not stated is all numbers; UsageError for
/// options that are a quote or a line end.
CsvTable read_csv(const std::filesystem::path& path,
                  const CsvOptions& options = {});

}  // namespace thexp
