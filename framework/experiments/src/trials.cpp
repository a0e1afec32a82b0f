#include "thexp/experiments/trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/experiments/run_field.h"
#include "thexp/experiments/run_table.h"

namespace thexp {
namespace {

struct Trials {
  std::vector<Value> key;
  std::vector<const RunEntry*> runs;
};

bool is_seed(const std::string& path) {
  return path == "seed" || ends_with(path, ".seed");
}

std::vector<std::string> compared_params(const std::vector<RunEntry>& runs) {
  std::vector<std::string> paths = varying_params(runs);
  paths.erase(std::remove_if(paths.begin(), paths.end(), is_seed), paths.end());
  return paths;
}

// In the order of their first runs.
std::vector<Trials> group(const std::vector<RunEntry>& runs,
                          const std::vector<RunField>& keys) {
  std::vector<Trials> groups;
  std::map<std::string, std::size_t> places;
  for (const RunEntry& run : runs) {
    std::vector<Value> key;
    for (const RunField& field : keys) {
      key.push_back(field.of(run).value_or(Value()));
    }
    std::string text = Value(Value::List(key.begin(), key.end())).to_json();
    auto [at, is_new] = places.emplace(text, groups.size());
    if (is_new) groups.push_back({std::move(key), {}});
    groups[at->second].runs.push_back(&run);
  }
  return groups;
}

bool is_number(const RunField& field, const std::vector<RunEntry>& runs) {
  return std::any_of(runs.begin(), runs.end(), [&](const RunEntry& run) {
    std::optional<Value> value = field.of(run);
    return value && value->is_number();
  });
}

std::vector<RunField> measured(const std::vector<RunEntry>& runs,
                               const TrialsOptions& options,
                               const std::vector<RunField>& keys) {
  std::vector<std::string> names = options.columns();
  if (names.empty()) {
    std::string watched = watched_metric(runs);
    if (!watched.empty()) names = {watched, "best." + watched};
    for (const std::string& tag : metric_tags(runs)) {
      if (tag != watched) names.push_back(tag);
    }
  }
  std::set<std::string> taken{"number"};
  for (const RunField& key : keys) taken.insert(key.name());
  std::vector<RunField> fields;
  for (const std::string& name : names) {
    RunField field(name);
    bool is_key = taken.count(name) + taken.count("params." + name) > 0;
    if (!is_key && is_number(field, runs)) fields.push_back(std::move(field));
  }
  return fields;
}

std::optional<Spread> spread_in(const Trials& trials, const RunField& field) {
  std::vector<double> values;
  for (const RunEntry* run : trials.runs) {
    std::optional<Value> value = field.of(*run);
    bool counts =
        value && value->is_number() && std::isfinite(value->as_real());
    if (counts) values.push_back(value->as_real());
  }
  if (values.empty()) return std::nullopt;
  return spread_of(values);
}

// Blank where there is none.
TableCell cell_of(const std::optional<double>& value) {
  TableCell cell;
  if (value) cell.value = *value;
  return cell;
}

void add_cells(TableRow& row,
               const std::optional<Spread>& spread,
               const TrialsOptions& options) {
  std::optional<double> mean, deviation;
  if (spread) mean = spread->mean;
  if (spread) deviation = spread->deviation;
  row.cells.push_back(cell_of(mean));
  if (options.for_programs()) {
    row.cells.push_back(cell_of(deviation));
  } else if (deviation) {
    row.cells.back().text = fmt::format("{:.4g} ± {:.2g}", *mean, *deviation);
  }
}

void add_columns(Table& table,
                 const std::vector<RunField>& fields,
                 const TrialsOptions& options) {
  int rank = 10;
  for (const RunField& field : fields) {
    if (options.for_programs()) {
      table.columns.push_back({field.name() + " mean", "", rank});
      table.columns.push_back({field.name() + " std", "", rank});
    } else {
      table.columns.push_back({field.name(), "", rank});
    }
    ++rank;
  }
}

}  // namespace

// In two passes: the first one's mean takes the digits away that all values
// share.
Spread spread_of(const std::vector<double>& values) {
  if (values.empty()) throw UsageError("spread_of(): there is no value");
  auto count = static_cast<double>(values.size());
  Spread spread;
  spread.count = static_cast<int64_t>(values.size());
  spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return spread;
  auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least == *most) {  // the mean is rounded, and is not quite them
    spread.mean = *least;
    spread.deviation = 0;
    return spread;
  }
  double squares = 0;
  for (double value : values) {
    squares += (value - spread.mean) * (value - spread.mean);
  }
  spread.deviation = std::sqrt(squares / (count - 1));
  return spread;
}

Table trials_table(const std::vector<RunEntry>& runs,
                   const TrialsOptions& options) {
  Table table;
  std::vector<RunField> keys{RunField("experiment")};
  table.columns.push_back({"experiment", "", 0});
  for (const std::string& path : compared_params(runs)) {
    keys.emplace_back("params." + path);
    table.columns.push_back({"params." + path, path, 50});
  }
  table.columns.push_back({"n", "", 0});
  std::vector<RunField> fields = measured(runs, options, keys);
  add_columns(table, fields, options);
  for (const Trials& trials : group(runs, keys)) {
    TableRow row;
    for (const Value& value : trials.key) row.cells.emplace_back(value);
    row.cells.emplace_back(static_cast<int64_t>(trials.runs.size()));
    for (const RunField& field : fields) {
      add_cells(row, spread_in(trials, field), options);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace thexp
