#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

struct TableColumn {
  std::string name;
  /// What stands above it for people; "" means the name.
  std::string title;
  /// Where not all columns fit, the one with the highest rank is left out
  /// first, of equal ones the last. 0: never.
  int rank = 0;

  const std::string& heading() const { return title.empty() ? name : title; }
};

struct TableCell {
  TableCell() = default;
  TableCell(Value value, std::string text = "");

  Value value;       ///< null: blank
  std::string text;  ///< for people; "" means the value, reals in four digits
};

struct TableRow {
  std::vector<TableCell> cells;
  /// Stands behind the last cell that is not blank, in place of the others.
  std::string note;
};

/// Rows of values, for people and for programs.
struct Table {
  std::vector<TableColumn> columns;
  std::vector<TableRow> rows;
};

/// What people see of a value: reals have four digits.
std::string text_of_value(const Value& value);

struct AlignedTable {
  std::string text;                   ///< a heading, then a line a row
  std::vector<std::string> left_out;  ///< columns for which there is no room
};

/// Columns two blanks apart, in lines of at most `width`: columns are left out,
/// and what is longer even so is cut. Columns of numbers are ranged right.
AlignedTable aligned_table(const Table& table, std::size_t width);

/// RFC 4180, with LF. Numbers in all their digits; a missing value is blank.
std::string csv_text(const Table& table);

/// A table of GitHub's Markdown.
std::string markdown_text(const Table& table);

/// A list of dicts, the values by the columns' names.
Value table_json(const Table& table);

}  // namespace thexp
