#include "length.h"

#include <fmt/format.h>

#include "thexp/base/plural.h"

namespace thexp {
namespace {

int64_t count_in(const Value& params, const char* key) {
  const Value* count = params.find(key);
  bool limits = count != nullptr && !count->is_null();
  return limits ? count->as_integer() : Until::kNever;
}

// The epochs by default limit nothing once steps are given; nor do those of the
// program's author once the user gives steps.
bool limits_epochs(const TrainerParams& params) {
  bool by_steps = params.steps.get() || params.more_steps.get();
  if (!by_steps || params.more_epochs.get()) return true;
  const std::string& origin = params.origin("epoch");
  if (origin == "default") return false;
  return origin != "program" || params.origin("steps") == "program";
}

}  // namespace

Until length_of(const TrainerParams& params) {
  Until until;
  if (limits_epochs(params)) {
    until.epochs = params.more_epochs.get().value_or(*params.epoch);
  }
  auto more = params.more_steps.get();
  if (more || params.steps.get()) until.steps = more ? *more : **params.steps;
  return until;
}

bool counts_more(const TrainerParams& params) {
  return params.more_epochs.get() || params.more_steps.get();
}

Until length_in(const Value& params) {
  return {count_in(params, "epoch"), count_in(params, "steps")};
}

Value length_value(int64_t count) {
  return count == Until::kNever ? Value() : Value(count);
}

void put_length(Value& params, const Until& until) {
  params["epoch"] = length_value(until.epochs);
  params["steps"] = length_value(until.steps);
}

std::string position_text(int64_t epoch, int64_t step, const Until& until) {
  std::string epochs;
  if (until.counts_epochs()) {
    epochs = plural_of(epoch, until.epochs, "epoch") + ", ";
  }
  bool is_beyond = !until.counts_steps() || step > until.steps;
  return epochs + (is_beyond ? fmt::format("step {}", step)
                             : fmt::format("step {} of {}", step, until.steps));
}

}  // namespace thexp
