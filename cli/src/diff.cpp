#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "code_difference.h"
#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "table_output.h"
#include "thexp/experiments/run_difference.h"

namespace thexp::cli {
namespace {

struct DiffOptions {
  std::string workspace;
  std::string first, second;
  bool json = false;
};

// What the second value has more than the first one.
Value change_of(const ValueDifference& value) {
  if (!value.first.is_number() || !value.second.is_number()) return {};
  return fmt::format("{:+.4g}", value.second.as_real() - value.first.as_real());
}

Table table_of(const PartDifference& part) {
  bool are_metrics = part.part == "metrics";
  Table table;
  table.columns = {{"name", part.part, 0}, {"a", "", 0}, {"b", "", 0}};
  if (are_metrics) table.columns.push_back({"change", "b - a", 10});
  for (const ValueDifference& value : part.values) {
    TableRow row;
    row.cells.emplace_back(value.name);
    for (const Value* one : {&value.first, &value.second}) {
      row.cells.emplace_back(*one, one->is_null() ? "-" : "");
    }
    if (are_metrics) row.cells.emplace_back(change_of(value));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string line_of(const char* letter, const RunRecord& run) {
  return fmt::format("{}  {}  {}  {}\n", letter, name_of(run),
                     status_name(run.status), run_duration(run));
}

std::string as_text(const RunRecord& first,
                    const RunRecord& second,
                    const std::vector<PartDifference>& parts,
                    const std::string& code) {
  std::string text = line_of("a", first) + line_of("b", second);
  for (const PartDifference& part : parts) {
    text += "\n" + table_text(table_of(part), output_width());
  }
  if (!code.empty()) text += "\n" + code;
  if (parts.empty() && code.empty()) text += "\nthey do not differ\n";
  return text;
}

std::string as_json(const RunRecord& first,
                    const RunRecord& second,
                    const std::vector<PartDifference>& parts,
                    const std::string& code) {
  Value json = Value::Dict{{"a", name_of(first)}, {"b", name_of(second)}};
  json["differences"] = Value::Dict{};
  for (const PartDifference& part : parts) {
    Value& values = json["differences"][part.part];
    for (const ValueDifference& value : part.values) {
      values[value.name] = Value::List{value.first, value.second};
    }
  }
  json["code_diff"] = code;
  return json.to_json(2) + "\n";
}

Output diff(const DiffOptions& options) {
  RunRecord first = find_run(options.workspace, options.first);
  RunRecord second = find_run(options.workspace, options.second);
  std::vector<PartDifference> parts = compare_runs(first, second);
  std::string code = code_difference(first, second);
  return {options.json ? as_json(first, second, parts, code)
                       : as_text(first, second, parts, code)};
}

}  // namespace

void add_diff(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = app.add_subcommand(
      "diff", "how two runs differ: parameters, code, versions, metrics");
  command->add_option("a", options->first, kRunHelp)->required();
  command->add_option("b", options->second, "another run")->required();
  command->add_option("--workspace", options->workspace, kWorkspaceHelp);
  command->add_flag("--json", options->json, "print JSON");
  command->callback(
      [&chosen, options] { chosen = {[options] { return diff(*options); }}; });
}

}  // namespace thexp::cli
