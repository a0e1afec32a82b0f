#include "thexp/experiments/run_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

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

constexpr std::size_t kUsualColumns = 16;

// "3/10", or "3" where the run has no target.
std::string share_of(const RunEntry& run, const char* done, const char* all) {
  std::optional<Value> count = run.find(done), target = run.find(all);
  if (!count) return "";
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

// Whether less is better.
bool falls(const RunEntry& run, const std::string& tag) {
  auto metric = run.packed_metrics().find(tag);
  auto mode = metric ? metric->find("mode") : std::nullopt;
  return mode && mode->unpack() == Value("min");
}

class Builder {
 public:
  Builder(const std::vector<RunEntry>& runs, const RunTableOptions& options)
      : runs_(runs), options_(options) {
    table_.rows.resize(runs.size());
    for (TableRow& row : table_.rows) row.cells.reserve(kUsualColumns);
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
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      table_.rows[i].note = runs_[i].problem();
    }
    return std::move(table_);
  }

 private:
  template <typename Read>
  std::vector<TableCell> cells_of(Read&& read) const {
    std::vector<TableCell> cells;
    cells.reserve(runs_.size());
    for (const RunEntry& run : runs_) cells.push_back(read(run));
    return cells;
  }

  void put(const TableColumn& column, std::vector<TableCell> cells) {
    table_.columns.push_back(column);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      table_.rows[i].cells.push_back(std::move(cells[i]));
    }
  }

  template <typename Read>
  void add(const TableColumn& column, Read&& read) {
    put(column, cells_of(read));
  }

  // A column in which nothing stands says nothing.
  template <typename Read>
  bool add_if_any(const TableColumn& column, Read&& read) {
    std::vector<TableCell> cells = cells_of(read);
    bool has_some = std::any_of(
        cells.begin(), cells.end(),
        [](const TableCell& cell) { return !cell.value.is_null(); });
    if (has_some) put(column, std::move(cells));
    return has_some;
  }

  void add_field(const std::string& name, const std::string& title, int rank) {
    RunField field(name);
    add({name, title, rank}, [&](const RunEntry& run) {
      Value value = field.of(run).value_or(Value());
      bool is_time = name == "age" || name == "duration";
      if (!is_time || !value.is_number()) return TableCell(std::move(value));
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
    const RunField tags("tags"), description("description");
    add_if_any({"tags", "", kTags}, [&](const RunEntry& run) {
      Value list = tags.of(run).value_or(Value());
      std::string text;
      std::size_t count = list.is_list() ? list.as_list().size() : 0;
      for (std::size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "" : " ") + text_of_value(list.as_list()[i]);
      }
      return TableCell(std::move(list), std::move(text));
    });
    add_if_any({"description", "", kDescription}, [&](const RunEntry& run) {
      return TableCell(description.of(run).value_or(Value()));
    });
  }

  void add_best(const std::string& tag) {
    const RunField best("best." + tag);
    auto read = [&](const RunEntry& run) {
      return TableCell(best.of(run).value_or(Value()));
    };
    bool is_shown = add_if_any({best.name(), "best", kBest}, read);
    if (is_shown && options_.mark_best()) mark_best(tag);
  }

  // In the last column.
  void mark_best(const std::string& tag) {
    TableCell* found = nullptr;
    int64_t count = 0;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      TableCell& cell = table_.rows[i].cells.back();
      if (!cell.value.is_number()) continue;
      ++count;
      double sign = falls(runs_[i], tag) ? -1 : 1;
      bool is_better = found == nullptr || sign * cell.value.as_real() >
                                               sign * found->value.as_real();
      if (is_better) found = &cell;
    }
    if (count < 2) return;
    for (TableRow& row : table_.rows) {
      TableCell& cell = row.cells.back();
      if (cell.value.is_null()) continue;
      cell.text = text_of_value(cell.value) + (&cell == found ? "*" : " ");
    }
  }

  void add_means(const std::vector<std::string>& tags) {
    std::vector<MetricMeans> means;
    means.reserve(runs_.size());
    for (const RunEntry& run : runs_) means.emplace_back(run.path(), tags);
    for (std::size_t tag = 0; tag < tags.size(); ++tag) {
      for (int64_t count : options_.last()) {
        std::string name = fmt::format("{} last {}", tags[tag], count);
        std::size_t at = 0;
        add({name, "", kNewest}, [&](const RunEntry&) {
          std::optional<double> mean = means[at++].of(tag, count);
          if (!mean) return TableCell();
          return TableCell(*mean);
        });
      }
    }
  }

  const std::vector<RunEntry>& runs_;
  const RunTableOptions& options_;
  Table table_;
};

}  // namespace

std::string position_text(const RunEntry& run) {
  if (std::optional<Value> phase = run.find("info.phase")) {
    return text_of_value(*phase);
  }
  std::optional<Value> steps = run.find("info.steps");
  bool by_steps = steps && !steps->is_null();
  if (!by_steps) return share_of(run, "info.epoch", "info.epochs");
  return share_of(run, "info.step", "info.steps") + " steps";
}

Table run_table(const std::vector<RunEntry>& runs,
                const RunTableOptions& options) {
  return Builder(runs, options).build();
}

}  // namespace thexp
