#include <algorithm>
#include <cmath>
#include <numeric>

#include "natural_order.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/experiments/query.h"

namespace thexp {
namespace {

// Numbers come before texts, and both before all else.
int kind_of(const Value& value) {
  if (value.is_number()) return std::isnan(value.as_real()) ? 1 : 0;
  if (value.is_text()) return 2;
  return value.is_null() ? 4 : 3;
}

int order_of(double a, double b) { return a < b ? -1 : a > b ? 1 : 0; }

// Of the values of a key; those without one stay behind also where it falls.
int order_of(const Value& a, const Value& b, bool falling) {
  int kind = kind_of(a), other = kind_of(b);
  if (kind != other) return kind - other;
  int order = 0;
  if (kind == 0) order = order_of(a.as_real(), b.as_real());
  if (kind == 2) order = natural_order(a.as_text(), b.as_text());
  if (kind == 3) order = natural_order(a.to_json(), b.to_json());
  return falling ? -order : order;
}

}  // namespace

RunOrder::RunOrder(const std::string& keys) {
  for (const std::string& part : split(keys, ',')) {
    std::string name = trim(part);
    bool falling = starts_with(name, "-");
    if (falling) name.erase(0, 1);
    if (name.empty()) {
      throw UsageError("sort: '" + keys +
                       "' names nothing in one place; write a name such as "
                       "-eval/acc, several with ',' between");
    }
    keys_.push_back({RunField(name), falling});
  }
}

void RunOrder::check_names(const std::vector<RunEntry>& runs) const {
  for (const Key& key : keys_) {
    auto problem = problem_with(key.field, runs);
    if (problem) throw UsageError("sort: " + *problem);
  }
}

void RunOrder::sort(std::vector<RunEntry>& runs) const {
  if (keys_.empty()) return;
  std::vector<std::vector<Value>> values(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const Key& key : keys_) {
      values[i].push_back(key.field.of(runs[i]).value_or(Value()));
    }
  }
  std::vector<std::size_t> places(runs.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  auto is_before = [&](std::size_t a, std::size_t b) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      int order = order_of(values[a][i], values[b][i], keys_[i].falling);
      if (order != 0) return order < 0;
    }
    return false;
  };
  std::stable_sort(places.begin(), places.end(), is_before);
  std::vector<RunEntry> sorted;
  sorted.reserve(runs.size());
  for (std::size_t place : places) sorted.push_back(runs[place]);
  runs = std::move(sorted);
}

}  // namespace thexp
