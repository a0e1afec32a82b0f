#include "checkpoint_metric.h"

#include <cmath>

#include "thexp/base/text.h"

namespace thexp {
namespace {

// The average of an epoch that is not over.
bool is_partial(const Value& info, const std::string& name) {
  if (!starts_with(name, "train/")) return false;
  const Value* batch = info.find("batch");
  return batch != nullptr && batch->is_integer() && batch->as_integer() > 0;
}

}  // namespace

std::optional<double> checkpoint_metric(const Value& info,
                                        const std::string& name) {
  if (!info.is_dict() || is_partial(info, name)) return std::nullopt;
  const Value* metrics = info.find("metrics");
  const Value* found = metrics == nullptr ? nullptr : metrics->find(name);
  if (found == nullptr) found = info.find(name);
  bool number = found != nullptr && (found->is_real() || found->is_integer());
  if (!number || std::isnan(found->as_real())) return std::nullopt;
  return found->as_real();
}

}  // namespace thexp
