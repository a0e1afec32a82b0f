#include "thexp/state/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "checkpoint_metric.h"
#include "thexp/base/error.h"
#include "thexp/state/best_values.h"

namespace thexp {
namespace {

void require_positive(const char* rule, int64_t number) {
  if (number >= 1) return;
  throw UsageError(fmt::format(
      "Retention::{}({}): the number must be at least 1", rule, number));
}

}  // namespace

Retention& Retention::last(int64_t count) {
  require_positive("last", count);
  rules_.push_back([count](const Checkpoints& all, std::vector<bool>& kept) {
    auto newest = std::min(static_cast<std::size_t>(count), all.size());
    std::fill_n(kept.rbegin(), newest, true);
  });
  return *this;
}

Retention& Retention::best(int64_t count,
                           const std::string& metric,
                           Mode mode) {
  require_positive("best", count);
  if (metric.empty()) {
    throw UsageError(
        "Retention::best() has no metric; name one, such as eval/loss");
  }
  reads_info_ = true;
  rules_.push_back([=](const Checkpoints& all, std::vector<bool>& kept) {
    BestValues best(static_cast<std::size_t>(count), mode);
    std::vector<std::size_t> places;  // of the best, best first
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto value = checkpoint_metric(all[i].info, metric);
      auto rank = value ? best.add(*value) : std::nullopt;
      if (!rank) continue;
      places.insert(places.begin() + static_cast<std::ptrdiff_t>(*rank), i);
      places.resize(best.values().size());
    }
    for (std::size_t place : places) kept[place] = true;
  });
  return *this;
}

Retention& Retention::every(int64_t count) {
  require_positive("every", count);
  rules_.push_back([count](const Checkpoints& all, std::vector<bool>& kept) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const SavePoint& point = all[i].point;
      bool due = point.number > 0 && point.number % count == 0;
      if (due && seen.insert(point.name()).second) kept[i] = true;
    }
  });
  return *this;
}

std::vector<std::size_t> Retention::surplus(
    const std::vector<Checkpoint>& checkpoints) const {
  std::vector<std::size_t> surplus;
  if (keeps_all() || checkpoints.empty()) return surplus;
  std::vector<bool> kept(checkpoints.size(), false);
  kept.back() = true;
  for (const Rule& rule : rules_) rule(checkpoints, kept);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i]) surplus.push_back(i);
  }
  return surplus;
}

}  // namespace thexp
