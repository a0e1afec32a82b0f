#include "thexp/data/csv.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

struct Cell {
  std::string text;
  std::size_t column;  // of its first character, from 1
};

std::optional<double> to_number(const std::string& text) {
  const char* begin = text.data() + (starts_with(text, "+") ? 1 : 0);
  const char* end = text.data() + text.size();
  double value = 0;
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (begin == end || error != std::errc() || rest != end) return std::nullopt;
  return value;
}

class CsvParser {
 public:
  CsvParser(const std::filesystem::path& path, const CsvOptions& options)
      : path_(path.string()), options_(options), text_(read_file(path)) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (starts_with(text_, kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  CsvTable parse() {
    std::string_view line;
    while (next_line(line)) {
      if (trim(line).empty()) continue;
      const std::vector<Cell> cells = cells_of(line);
      if (width_ == 0) {
        width_ = cells.size();
        if (options_.header()) {
          take_header(cells);
          continue;
        }
      }
      take_row(cells);
    }
    return finished();
  }

 private:
  bool next_line(std::string_view& line) {
    if (at_ >= text_.size()) return false;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    line = std::string_view(text_).substr(at_, end - at_);
    if (ends_with(line, "\r")) line.remove_suffix(1);
    at_ = end + 1;
    ++line_number_;
    return true;
  }

  std::vector<Cell> cells_of(std::string_view line) const {
    std::vector<Cell> cells;
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= line.size(); ++i) {
      if (i < line.size() && line[i] == '"') quoted = !quoted;
      if (i < line.size() && (quoted || line[i] != options_.separator())) {
        continue;
      }
      cells.push_back(cell(line, begin, i));
      begin = i + 1;
    }
    if (quoted) fail(cells.back().column, "a quote is not closed");
    return cells;
  }

  Cell cell(std::string_view line, std::size_t begin, std::size_t end) const {
    while (begin < end && (line[begin] == ' ' || line[begin] == '\t')) ++begin;
    return {trim(line.substr(begin, end - begin)), begin + 1};
  }

  static std::string unquoted(const std::string& text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
      return text;
    }
    return text.substr(1, text.size() - 2);
  }

  void take_header(const std::vector<Cell>& cells) {
    const bool numbers =
        std::all_of(cells.begin(), cells.end(),
                    [](const Cell& cell) { return to_number(cell.text); });
    if (numbers) {
      fail(1,
           "expected a header, found only numbers; if the file has none, "
           "read it with header(false)");
    }
    for (const Cell& cell : cells) {
      const std::string name = unquoted(cell.text);
      auto& names = table_.columns;
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        fail(cell.column, fmt::format("the column '{}' comes twice", name));
      }
      names.push_back(name);
    }
  }

  void take_row(const std::vector<Cell>& cells) {
    if (cells.size() != width_) {
      fail(cells[std::min(cells.size() - 1, width_)].column,
           fmt::format("expected {} values, found {}", width_, cells.size()));
    }
    for (const Cell& cell : cells) {
      const std::optional<double> number = to_number(cell.text);
      if (!number) {
        fail(cell.column,
             fmt::format("expected a number, found '{}'", cell.text));
      }
      values_.push_back(*number);
    }
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
    throw FormatError::in_file(
        fmt::format("{}:{}:{}", path_, line_number_, column), problem);
  }

  std::string path_;
  CsvOptions options_;
  std::string text_;
  std::size_t at_ = 0;
  std::size_t line_number_ = 0;
  std::size_t width_ = 0;
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
  return CsvParser(path, options).parse();
}

}  // namespace thexp
