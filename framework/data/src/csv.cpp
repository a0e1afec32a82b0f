#include "thexp/data/csv.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "csv_cells.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/file_kind.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

using Cells = std::vector<detail::CsvCell>;

void check_options(const CsvOptions& options) {
  for (char c : {options.separator(), options.comment().value_or(',')}) {
    if (c != '"' && c != '\r' && c != '\n') continue;
    throw UsageError(
        "read_csv: a quote or a line end is neither a separator nor the "
        "beginning of a comment");
  }
}

bool begins_with_hash(const Cells& cells) {
  return starts_with(cells.front().text, "#");
}

class CsvParser {
 public:
  CsvParser(const std::filesystem::path& path, const CsvOptions& options)
      : path_(path.string()), options_(options), text_(read_file(path)) {
    refuse_kind(path_, foreign_to_table(text_), "a CSV table");
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (starts_with(text_, kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  CsvTable parse() {
    std::string_view line;
    while (next_line(line)) {
      if (is_skipped(line)) continue;
      const Cells cells = cells_of(line);
      const bool is_first = width_ == 0;
      if (is_first) note_first(cells);
      if (is_first && options_.header()) {
        take_header(cells);
      } else {
        take_row(cells);
      }
    }
    return finished();
  }

 private:
  // A line ends with \n, \r\n, or, as Macs once wrote, with \r.
  bool next_line(std::string_view& line) {
    if (at_ >= text_.size()) return false;
    const std::string_view rest = std::string_view(text_).substr(at_);
    line = rest.substr(0, rest.find_first_of("\r\n"));
    at_ +=
        line.size() + (starts_with(rest.substr(line.size()), "\r\n") ? 2 : 1);
    ++line_number_;
    return true;
  }

  // A line of separators is a row, also where these are blanks.
  bool is_skipped(std::string_view line) const {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      return line.find(options_.separator()) == std::string_view::npos;
    }
    return options_.comment() && line[begin] == *options_.comment();
  }

  Cells cells_of(std::string_view line) const {
    if (auto cells = detail::csv_cells(line, options_.separator())) {
      return *cells;
    }
    fail(line.rfind('"') + 1, "a quote is not closed");
  }

  void note_first(const Cells& cells) {
    width_ = cells.size();
    first_line_ = line_number_;
    first_has_hash_ = begins_with_hash(cells);
  }

  void take_header(const Cells& cells) {
    for (const detail::CsvCell& cell : cells) {
      auto& names = table_.columns;
      if (std::find(names.begin(), names.end(), cell.text) != names.end()) {
        fail(cell.column,
             fmt::format("the column '{}' comes twice", cell.text));
      }
      names.push_back(cell.text);
    }
    if (options_.header_was_stated()) return;
    const bool numbers = std::all_of(cells.begin(), cells.end(), is_number);
    if (!numbers) return;
    fail(1,
         "expected a header, found only numbers; read the file with "
         "header(false) if it has none, with header(true) if these are names");
  }

  static bool is_number(const detail::CsvCell& cell) {
    return !cell.quoted && detail::csv_number(cell.text).is_number();
  }

  void take_row(const Cells& cells) {
    if (cells.size() != width_) {
      fail_row(
          cells, cells[std::min(cells.size() - 1, width_)].column,
          fmt::format("expected {} values, found {}", width_, cells.size()));
    }
    for (const detail::CsvCell& cell : cells) {
      const detail::CsvNumber number = detail::csv_number(cell.text);
      if (number.error == std::errc::result_out_of_range) {
        fail(cell.column,
             fmt::format("the number {} is outside of a double's range",
                         cell.text));
      }
      if (!number.is_number()) {
        fail_row(cells, cell.column,
                 fmt::format("expected a number, found '{}'", cell.text));
      }
      values_.push_back(number.value);
    }
  }

  // A comment on top makes the row after it look wrong.
  [[noreturn]] void fail_row(const Cells& cells,
                             std::size_t column,
                             const std::string& problem) const {
    constexpr const char* kHint =
        "if a line that begins with # is a comment, read the file with "
        "comment('#')";
    if (begins_with_hash(cells)) fail(column, problem + "; " + kHint);
    if (first_has_hash_ && values_.empty()) {
      fail_at(first_line_, 1,
              fmt::format("what follows does not fit this header: {} in line "
                          "{}; {}",
                          problem, line_number_, kHint));
    }
    fail(column, problem);
  }

  CsvTable finished() {
    const std::size_t rows = width_ == 0 ? 0 : values_.size() / width_;
    table_.values =
        at::empty({static_cast<int64_t>(rows), static_cast<int64_t>(width_)},
                  at::dtype(at::kDouble));
    if (!values_.empty()) {
      std::memcpy(table_.values.data_ptr(), values_.data(),
                  values_.size() * sizeof(double));
    }
    return std::move(table_);
  }

  [[noreturn]] void fail(std::size_t column, const std::string& problem) const {
    fail_at(line_number_, column, problem);
  }

  [[noreturn]] void fail_at(std::size_t line,
                            std::size_t column,
                            const std::string& problem) const {
    throw FormatError::in_file(fmt::format("{}:{}:{}", path_, line, column),
                               problem);
  }

  std::string path_;
  CsvOptions options_;
  std::string text_;
  std::size_t at_ = 0;
  std::size_t line_number_ = 0;
  std::size_t width_ = 0;       // of the first line that counts
  std::size_t first_line_ = 0;  // its number
  bool first_has_hash_ = false;
  std::vector<double> values_;
  CsvTable table_;
};

}  // namespace

at::Tensor CsvTable::column(const std::string& name) const {
  auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) {
    throw UsageError(fmt::format("the table has no column '{}'; it has: {}",
                                 name, join(columns, ", ")));
  }
  return values.select(1, found - columns.begin());
}

CsvTable read_csv(const std::filesystem::path& path,
                  const CsvOptions& options) {
  check_options(options);
  return CsvParser(path, options).parse();
}

}  // namespace thexp
