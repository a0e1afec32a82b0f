#include "thexp/experiments/run_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>

#include "metric_means.h"
#include "packed_value.h"
#include "thexp/base/plural.h"
#include "thexp/experiments/run_field.h"

namespace thexp {
namespace {

// Which columns go first where there are few: see TableColumn::rank.
constexpr int kOtherMetric = 90;
constexpr int kDescription = 80;
constexpr int kTags = 60;
constexpr int kStarted = 55;
constexpr int kParam = 50;
constexpr int kTime = 45;
constexpr int kPosition = 40;
constexpr int kBest = 20;
constexpr int kNewest = 10;

// "3/10", or "3" where the run has no target.
std::string share_of(const RunEntry& run, const char* done, const char* all) {
  PackedValue info = run.packed_info();
  auto found = info.find(done), wanted = info.find(all);
  if (!found) return "";
  std::optional<Value> count = found->unpack(), target;
  if (wanted) target = wanted->unpack();
  if (!target || target->is_null()) return text_of_value(*count);
  bool are_counts = count->is_integer() && target->is_integer();
  if (are_counts) return share(count->as_integer(), target->as_integer());
  return text_of_value(*count) + "/" + text_of_value(*target);
}

SystemTime begin_of_year(int years_from_now) {
  std::time_t now = std::chrono::system_clock::to_time_t(Clock::system().now());
  std::tm parts{};
  localtime_r(&now, &parts);
  std::tm begin{};
  begin.tm_year = parts.tm_year + years_from_now;
  begin.tm_mday = 1;
  begin.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&begin));
}

// The year matters where it is not this one.
std::string short_time(SystemTime time) {
  static const SystemTime kFirst = begin_of_year(0), kLast = begin_of_year(1);
  bool is_now = time >= kFirst && time < kLast;
  return format_time(time, is_now ? "%m-%d %H:%M" : "%Y-%m-%d");
}

// Whether less is better, as the first run says that knows it.
bool falls(const std::vector<RunEntry>& runs, const std::string& tag) {
  for (const RunEntry& run : runs) {
    auto metric = run.packed_metrics().find(tag);
    auto mode = metric ? metric->find("mode") : std::nullopt;
    if (mode) return mode->unpack() == Value("min");
  }
  return false;
}

class Builder {
 public:
  Builder(const std::vector<RunEntry>& runs, const RunTableOptions& options)
      : runs_(runs), options_(options) {
    table_.rows.resize(runs.size());
  }

  Table build() {
    add_identity();
    if (!options_.columns().empty()) {
      for (const std::string& name : options_.columns()) {
        add_field(name, name, kParam);
      }
    } else {
      add_progress();
      for (const std::string& path : varying_params(runs_)) {
        add_field("params." + path, path, kParam);
      }
    }
    add_metrics();
    read_all();
    leave_out_blank_columns();
    if (options_.mark_best()) mark_best_values();
    return std::move(table_);
  }

 private:
  // Where a column's cells come from: the run, and its place among the others.
  struct Source {
    TableColumn column;
    std::function<TableCell(const RunEntry&, std::size_t)> read;
    bool may_be_blank = true;  // else it is left out where nothing stands
    std::string best_of;       // the metric whose best values these are
  };

  template <typename Read>
  Source& add(TableColumn column, Read read) {
    sources_.push_back(
        {std::move(column),
         [read](const RunEntry& run, std::size_t) { return read(run); }, true,
         ""});
    return sources_.back();
  }

  template <typename Read>
  Source& add_if_any(TableColumn column, Read read) {
    Source& source = add(std::move(column), read);
    source.may_be_blank = false;
    return source;
  }

  // Run by run: what one column needs lies beside what the next one does.
  void read_all() {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      TableRow& row = table_.rows[i];
      row.cells.reserve(sources_.size());
      for (const Source& source : sources_) {
        row.cells.push_back(source.read(runs_[i], i));
      }
      row.note = runs_[i].problem();
    }
  }

  bool is_blank(std::size_t column) const {
    return std::all_of(
        table_.rows.begin(), table_.rows.end(),
        [&](const TableRow& row) { return row.cells[column].value.is_null(); });
  }

  void leave_out_blank_columns() {
    for (std::size_t i = sources_.size(); i-- > 0;) {
      if (sources_[i].may_be_blank || !is_blank(i)) continue;
      auto at = static_cast<std::ptrdiff_t>(i);
      sources_.erase(sources_.begin() + at);
      for (TableRow& row : table_.rows) row.cells.erase(row.cells.begin() + at);
    }
    for (const Source& source : sources_) {
      table_.columns.push_back(source.column);
    }
  }

  void add_field(const std::string& name, const std::string& title, int rank) {
    bool is_time = name == "age" || name == "duration";
    add({name, title, rank},
        [field = RunField(name), is_time](const RunEntry& run) {
          Value value = field.of(run).value_or(Value());
          if (!is_time || !value.is_number())
            return TableCell(std::move(value));
          std::chrono::duration<double> seconds(value.as_real());
          return TableCell(std::move(value), format_duration(seconds));
        });
  }

  void add_identity() {
    if (options_.with_experiment()) {
      add({"experiment", "", 0},
          [](const RunEntry& run) { return TableCell(run.experiment()); });
    }
    add_if_any({"number", "#", 0}, [](const RunEntry& run) {
      if (run.number() == 0) return TableCell();
      return TableCell(run.number());
    });
    add({"id", "", 0}, [this](const RunEntry& run) {
      const ShortIds* ids = options_.short_ids();
      return TableCell(run.id(), ids == nullptr ? "" : ids->of(run));
    });
    add({"status", "", 0}, [](const RunEntry& run) {
      return TableCell(status_name(run.status()));
    });
  }

  void add_progress() {
    add({"start", "started", kStarted}, [this](const RunEntry& run) {
      if (!run.problem().empty()) return TableCell();
      return TableCell(options_.for_programs() ? iso8601(run.start())
                                               : short_time(run.start()));
    });
    add({"duration", "time", kTime}, [](const RunEntry& run) {
      if (!run.problem().empty()) return TableCell();
      return TableCell(run.duration().count(), format_duration(run.duration()));
    });
    add_if_any({"at", "", kPosition}, [](const RunEntry& run) {
      std::string text = position_text(run);
      if (text.empty()) return TableCell();
      return TableCell(text);
    });
  }

  void add_metrics() {
    std::vector<std::string> wanted = options_.metrics();
    bool is_chosen = !wanted.empty();
    std::string watched = is_chosen ? "" : watched_metric(runs_);
    if (!options_.last().empty()) return add_means(wanted);
    if (!is_chosen && options_.columns().empty() && !watched.empty()) {
      wanted = {watched};
    }
    for (const std::string& tag : wanted) {
      add_field(tag, tag, kNewest);
      add_best(tag);
    }
    if (is_chosen || !options_.columns().empty()) return;
    add_labels();
    for (const std::string& tag : metric_tags(runs_)) {
      if (tag != watched) add_field(tag, tag, kOtherMetric);
    }
  }

  void add_labels() {
    add_if_any(
        {"tags", "", kTags}, [tags = RunField("tags")](const RunEntry& run) {
          Value list = tags.of(run).value_or(Value());
          std::string text;
          std::size_t count = list.is_list() ? list.as_list().size() : 0;
          for (std::size_t i = 0; i < count; ++i) {
            text += (i == 0 ? "" : " ") + text_of_value(list.as_list()[i]);
          }
          return TableCell(std::move(list), std::move(text));
        });
    add_if_any({"description", "", kDescription},
               [field = RunField("description")](const RunEntry& run) {
                 return TableCell(field.of(run).value_or(Value()));
               });
  }

  void add_best(const std::string& tag) {
    const RunField best("best." + tag);
    add_if_any({best.name(), "best", kBest}, [best](const RunEntry& run) {
      return TableCell(best.of(run).value_or(Value()));
    }).best_of = tag;
  }

  void mark_best_values() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (!sources_[i].best_of.empty()) mark_best(i);
    }
  }

  void mark_best(std::size_t column) {
    double sign = falls(runs_, sources_[column].best_of) ? -1 : 1;
    TableCell* found = nullptr;
    int64_t count = 0;
    for (TableRow& row : table_.rows) {
      TableCell& cell = row.cells[column];
      if (!cell.value.is_number()) continue;
      ++count;
      bool is_better = found == nullptr || sign * cell.value.as_real() >
                                               sign * found->value.as_real();
      if (is_better) found = &cell;
    }
    if (count < 2) return;
    for (TableRow& row : table_.rows) {
      TableCell& cell = row.cells[column];
      if (cell.value.is_null()) continue;
      cell.text = text_of_value(cell.value) + (&cell == found ? "*" : " ");
    }
  }

  void add_means(const std::vector<std::string>& tags) {
    auto means = std::make_shared<std::vector<MetricMeans>>();
    for (const RunEntry& run : runs_) means->emplace_back(run.path(), tags);
    for (std::size_t tag = 0; tag < tags.size(); ++tag) {
      for (int64_t count : options_.last()) {
        std::string name = fmt::format("{} last {}", tags[tag], count);
        auto read = [means, tag, count](const RunEntry&, std::size_t place) {
          std::optional<double> mean = (*means)[place].of(tag, count);
          if (!mean) return TableCell();
          return TableCell(*mean);
        };
        sources_.push_back({{name, "", kNewest}, read, true, ""});
      }
    }
  }

  const std::vector<RunEntry>& runs_;
  const RunTableOptions& options_;
  std::vector<Source> sources_;
  Table table_;
};

}  // namespace

std::string position_text(const RunEntry& run) {
  PackedValue info = run.packed_info();
  if (auto phase = info.find("phase")) return text_of_value(phase->unpack());
  auto steps = info.find("steps");
  bool by_steps = steps && !steps->is_null();
  if (!by_steps) return share_of(run, "epoch", "epochs");
  return share_of(run, "step", "steps") + " steps";
}

Table run_table(const std::vector<RunEntry>& runs,
                const RunTableOptions& options) {
  return Builder(runs, options).build();
}

}  // namespace thexp
