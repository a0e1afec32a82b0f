#include "trash_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/clock.h"
#include "thexp/base/columns.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"

namespace thexp::cli {

std::string size_text(std::uintmax_t bytes) {
  return format_bytes(static_cast<double>(bytes));
}

Value to_json(const TrashedRun& run) {
  return Value::Dict{{"experiment", run.experiment},
                     {"id", run.id},
                     {"path", run.path.string()},
                     {"removed", iso8601(run.removed)},
                     {"bytes", Value(run.bytes)}};
}

std::string trash_table(const std::vector<TrashedRun>& runs) {
  std::size_t width = 0;
  std::uintmax_t bytes = 0;
  for (const TrashedRun& run : runs) {
    width = std::max(width, display_width(run.name()));
    bytes += run.bytes;
  }
  std::string text;
  for (const TrashedRun& run : runs) {
    text += fmt::format("{}  {:>10}  removed {}\n",
                        pad_width(run.name(), width), size_text(run.bytes),
                        format_time(run.removed, "%Y-%m-%d %H:%M"));
  }
  if (runs.size() < 2) return text;
  auto count = static_cast<int64_t>(runs.size());
  return text + pad_width(plural(count, "run"), width) +
         fmt::format("  {:>10}\n", size_text(bytes));
}

}  // namespace thexp::cli
