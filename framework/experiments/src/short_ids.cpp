#include <algorithm>

#include "thexp/experiments/run_table.h"

namespace thexp {
namespace {

constexpr std::size_t kShortest = 4;  // a run's random characters

std::string end_of(const std::string& id, std::size_t length) {
  return id.substr(id.size() - std::min(id.size(), length));
}

}  // namespace

ShortIds::ShortIds(const std::vector<RunEntry>& runs) {
  by_end_.reserve(runs.size());
  for (const RunEntry& run : runs) {
    by_end_[end_of(run.id(), kShortest)].push_back(run.id());
  }
}

std::string ShortIds::of(const RunEntry& run) const {
  const std::string& id = run.id();
  auto found = by_end_.find(end_of(id, kShortest));
  if (found == by_end_.end() || !is_run_id(id)) return id;
  for (std::size_t length = kShortest; length < id.size(); ++length) {
    std::string end = end_of(id, length);
    auto has_end = [&](const std::string& other) {
      return end_of(other, length) == end;
    };
    const std::vector<std::string>& others = found->second;
    bool is_one = std::count_if(others.begin(), others.end(), has_end) == 1;
    // A program would take "-k3f9" for an option.
    if (is_one && end[0] != '-') return end;
  }
  return id;
}

}  // namespace thexp
