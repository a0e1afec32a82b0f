#include "table_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "thexp/base/columns.h"
#include "thexp/base/names.h"

namespace thexp::cli {
namespace {

// Only where one is shown.
std::string star_text(const Table& table) {
  for (std::size_t i = 1; i < table.columns.size(); ++i) {
    if (table.columns[i].title != "best") continue;
    for (const TableRow& row : table.rows) {
      const std::string& text = row.cells[i].text;
      if (!text.empty() && text.back() == '*') {
        return "* the best " + table.columns[i - 1].heading() + "\n";
      }
    }
  }
  return "";
}

}  // namespace

void add_form(CLI::App& command,
              Form& form,
              std::initializer_list<const char*> flags) {
  std::vector<CLI::Option*> before;
  for (const char* flag : flags) {
    std::string name = flag;
    bool& value = name == "--json"  ? form.json
                  : name == "--csv" ? form.csv
                                    : form.markdown;
    std::string what = name == "--json"  ? "JSON"
                       : name == "--csv" ? "CSV"
                                         : "a Markdown table";
    CLI::Option* option = command.add_flag(name, value, "print " + what);
    for (CLI::Option* other : before) option->excludes(other);
    before.push_back(option);
  }
}

CLI::Validator positive_count() {
  return {[](std::string& text) -> std::string {
            bool is_one =
                !text.empty() && text.size() < 18 &&
                text.find_first_not_of("0123456789") == std::string::npos &&
                text.find_first_not_of('0') != std::string::npos;
            return is_one ? "" : "'" + text + "' is not a number of 1 or more";
          },
          "COUNT"};
}

TextWidth output_width() {
  constexpr std::size_t kUnlimited = 1000000;
  auto columns = terminal_columns(STDOUT_FILENO);
  return {columns.value_or(kUnlimited), columns.has_value()};
}

std::string table_text(const Table& table, const TextWidth& width) {
  AlignedTable aligned = aligned_table(table, width.columns);
  std::string text = aligned.text + star_text(table);
  if (aligned.left_out.empty()) return text;
  return text +
         fit_width("no room for: " + list_some(aligned.left_out, 6),
                   width.columns) +
         "\n";
}

std::string print_table(const Table& table, const Form& form) {
  if (form.json) return table_json(table).to_json(2) + "\n";
  if (form.csv) return csv_text(table);
  if (form.markdown) return markdown_text(table);
  return table_text(table, output_width());
}

}  // namespace thexp::cli
