#include "csv_cells.h"

#include <charconv>

#include "thexp/base/text.h"

namespace thexp::detail {
namespace {

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}

// Within quotes a quote is written twice.
std::string unquoted(std::string_view text) {
  std::string plain;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    plain += text[i];
    if (text[i] == '"' && text[i + 1] == '"') ++i;
  }
  return plain;
}

CsvCell cell_of(std::string_view line, std::size_t begin, std::size_t end) {
  while (begin < end && (line[begin] == ' ' || line[begin] == '\t')) ++begin;
  std::string text = trim(line.substr(begin, end - begin));
  bool quoted = is_quoted(text);
  return {quoted ? unquoted(text) : text, begin + 1, quoted};
}

}  // namespace

std::optional<std::vector<CsvCell>> csv_cells(std::string_view line,
                                              char separator) {
  std::vector<CsvCell> cells;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    bool is_end = i == line.size();
    if (!is_end && line[i] == '"') quoted = !quoted;
    if (!is_end && (quoted || line[i] != separator)) continue;
    cells.push_back(cell_of(line, begin, i));
    begin = i + 1;
  }
  if (quoted) return std::nullopt;
  return cells;
}

CsvNumber csv_number(std::string_view text) {
  bool has_plus = starts_with(text, "+") && !starts_with(text, "+-");
  if (has_plus) text.remove_prefix(1);
  CsvNumber number;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number.value);
  number.error = rest == end ? error : std::errc::invalid_argument;
  return number;
}

}  // namespace thexp::detail
