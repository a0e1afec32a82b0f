#include <set>

#include "packed_value.h"
#include "thexp/experiments/run_table.h"

namespace thexp {
namespace {

using Paths = std::set<std::string>;

std::string below(const std::string& above, const std::string& key) {
  return above.empty() ? key : above + "." + key;
}

void add_leaves(const PackedValue& value, const std::string& path, Paths& to) {
  if (!value.is_dict()) {
    to.insert(path);
    return;
  }
  for (PackedEntries all = value.entries(); all.next();) {
    add_leaves(all.value(), below(path, all.key()), to);
  }
}

void add_differences(const PackedValue& first,
                     const PackedValue& other,
                     const std::string& path,
                     Paths& to) {
  if (first.bytes() == other.bytes()) return;
  if (!first.is_dict() || !other.is_dict()) {
    add_leaves(first, path, to);
    add_leaves(other, path, to);
    return;
  }
  for (PackedEntries all = first.entries(); all.next();) {
    auto match = other.find(all.key());
    if (match) {
      add_differences(all.value(), *match, below(path, all.key()), to);
    } else {
      add_leaves(all.value(), below(path, all.key()), to);
    }
  }
  for (PackedEntries all = other.entries(); all.next();) {
    if (first.find(all.key())) continue;
    add_leaves(all.value(), below(path, all.key()), to);
  }
}

void take_in_order(const PackedValue& value,
                   const std::string& path,
                   Paths& differing,
                   std::vector<std::string>& ordered) {
  for (PackedEntries all = value.entries(); all.next();) {
    std::string inner = below(path, all.key());
    if (all.value().is_dict()) {
      take_in_order(all.value(), inner, differing, ordered);
    } else if (differing.erase(inner) > 0) {
      ordered.push_back(inner);
    }
  }
}

}  // namespace

std::vector<std::string> varying_params(const std::vector<RunEntry>& runs) {
  std::optional<PackedValue> first;
  Paths differing;
  for (const RunEntry& run : runs) {
    PackedValue params = run.packed_params();
    if (!params.is_dict()) continue;
    if (!first) first = params;
    add_differences(*first, params, "", differing);
  }
  std::vector<std::string> ordered;
  if (first) take_in_order(*first, "", differing, ordered);
  ordered.insert(ordered.end(), differing.begin(), differing.end());
  return ordered;
}

}  // namespace thexp
