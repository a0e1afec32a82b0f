#include "trashed_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/base/text.h"
#include "thexp/tracking/run_record.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

std::vector<std::string> names_of(const std::vector<TrashedRun>& runs) {
  std::vector<std::string> names;
  for (const TrashedRun& run : runs) names.push_back(run.name());
  return names;
}

std::string hint_of(const std::string& name,
                    const std::vector<TrashedRun>& runs) {
  if (runs.empty()) return "; it is empty";
  std::vector<std::string> candidates = names_of(runs);
  for (const TrashedRun& run : runs) {
    candidates.push_back(run.id);
    candidates.push_back(run.experiment);
  }
  std::string near = closest_match(name, candidates);
  if (!near.empty()) return fmt::format("; did you mean '{}'?", near);
  return "; it holds " + list_some(names_of(runs));
}

// "mnist/3": its third run.
bool has_number(const TrashedRun& run, const std::string& digits) {
  try {
    return std::to_string(read_run(run.path).number) == digits;
  } catch (const Error&) {
    return false;  // it cannot say
  }
}

bool fits(const std::string& name, const TrashedRun& run) {
  std::string part = name.substr(name.find('/') + 1);
  if (part.size() < name.size() && is_run_number(part)) {
    return starts_with(name, run.experiment + "/") && has_number(run, part);
  }
  bool has_experiment = name.find('/') != std::string::npos;
  return has_experiment ? starts_with(run.name(), name)
                        : starts_with(run.id, name) || ends_with(run.id, name);
}

}  // namespace

TrashedRun find_trashed(const std::string& name,
                        const std::vector<TrashedRun>& runs,
                        const std::filesystem::path& trash) {
  std::vector<TrashedRun> fitting;
  for (const TrashedRun& run : runs) {
    bool is_it = run.experiment == name || run.name() == name;
    if (is_it) return run;
    if (!name.empty() && fits(name, run)) fitting.push_back(run);
  }
  if (fitting.size() == 1) return fitting[0];
  if (fitting.empty()) {
    throw UsageError(fmt::format("no run '{}' in the trash '{}'{}", name,
                                 trash.string(), hint_of(name, runs)));
  }
  throw UsageError(fmt::format("'{}' fits {} runs in the trash: {}", name,
                               fitting.size(), list_some(names_of(fitting))));
}

}  // namespace thexp
