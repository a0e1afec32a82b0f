#include <algorithm>
#include <set>

#include "packed_value.h"
#include "thexp/base/text.h"
#include "thexp/experiments/run_field.h"
#include "thexp/experiments/run_table.h"

namespace thexp {
namespace {

// What an evaluation found comes first, what is known while it trains last.
int rank_of(const std::string& tag) {
  if (starts_with(tag, "eval/")) return 0;
  if (starts_with(tag, "test/")) return 1;
  return starts_with(tag, "train/") ? 3 : 2;
}

}  // namespace

std::vector<std::string> metric_tags(const std::vector<RunEntry>& runs) {
  std::vector<std::string> tags;
  std::set<std::string, std::less<>> known;
  for (const RunEntry& run : runs) {
    for (PackedEntries all = run.packed_metrics().entries(); all.next();) {
      if (known.insert(all.key()).second) tags.push_back(all.key());
    }
  }
  std::stable_sort(tags.begin(), tags.end(),
                   [](const std::string& a, const std::string& b) {
                     return rank_of(a) < rank_of(b);
                   });
  return tags;
}

std::string watched_metric(const std::vector<RunEntry>& runs) {
  std::vector<std::string> tags = metric_tags(runs);
  const RunField wanted("params.checkpoint.best_metric");
  for (const RunEntry& run : runs) {
    Value tag = wanted.of(run).value_or(Value());
    bool is_there = tag.is_text() && std::find(tags.begin(), tags.end(),
                                               tag.as_text()) != tags.end();
    if (is_there) return tag.as_text();
  }
  return tags.empty() ? "" : tags.front();
}

}  // namespace thexp
