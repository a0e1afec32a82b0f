#include "thexp/experiments/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/text.h"

namespace thexp {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

// All digits, and a text as it is.
std::string exact_text(const Value& value) {
  if (value.is_null()) return "";
  if (value.is_text()) return value.as_text();
  if (value.is_real()) return format_real(value.as_real());
  return value.to_json();
}

std::string markdown_cell(const std::string& text) {
  std::string safe;
  for (char c : text) {
    if (c == '|' || c == '\\') safe += '\\';
    safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

bool is_number_column(const Table& table, std::size_t column) {
  bool has_some = false;
  for (const TableRow& row : table.rows) {
    const Value& value = row.cells[column].value;
    if (value.is_null()) continue;
    if (!value.is_number()) return false;
    has_some = true;
  }
  return has_some;
}

}  // namespace

TableCell::TableCell(Value value, std::string text)
    : value(std::move(value)), text(std::move(text)) {}

std::string text_of_value(const Value& value) {
  if (value.is_real()) return fmt::format("{:.4g}", value.as_real());
  return exact_text(value);
}

std::string csv_text(const Table& table) {
  std::string text;
  std::vector<std::string> fields;
  for (const TableColumn& column : table.columns) {
    fields.push_back(csv_field(column.name));
  }
  text += join(fields, ",") + "\n";
  for (const TableRow& row : table.rows) {
    fields.clear();
    for (const TableCell& cell : row.cells) {
      fields.push_back(csv_field(exact_text(cell.value)));
    }
    text += join(fields, ",") + "\n";
  }
  return text;
}

std::string markdown_text(const Table& table) {
  std::vector<std::string> heads, lines;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    heads.push_back(markdown_cell(table.columns[i].heading()));
    lines.push_back(is_number_column(table, i) ? "---:" : "---");
  }
  std::string text =
      "| " + join(heads, " | ") + " |\n|" + join(lines, "|") + "|\n";
  for (const TableRow& row : table.rows) {
    std::vector<std::string> cells;
    for (const TableCell& cell : row.cells) {
      cells.push_back(markdown_cell(
          cell.text.empty() ? text_of_value(cell.value) : cell.text));
    }
    text += "| " + join(cells, " | ") + " |\n";
  }
  return text;
}

Value table_json(const Table& table) {
  Value::List rows;
  for (const TableRow& row : table.rows) {
    Value::Dict dict;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      dict.emplace_back(table.columns[i].name, row.cells[i].value);
    }
    rows.push_back(std::move(dict));
  }
  return rows;
}

}  // namespace thexp
