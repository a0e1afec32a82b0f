#include "judge.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/text.h"

namespace thexp {
namespace {

std::string text_at(const Value& facts, const char* key) {
  const Value* value = facts.find(key);
  return value == nullptr ? "" : value->as_text();
}

// "a, b, c and 4 more"
std::string some_of(const Value& names) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> shown;
  for (const Value& name : names.as_list()) {
    if (shown.size() < kShown) shown.push_back(name.as_text());
  }
  std::size_t more = names.as_list().size() - shown.size();
  std::string text = join(shown, ", ");
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

std::int64_t size_of(const Value& facts, const char* list) {
  return static_cast<std::int64_t>(facts.at(list).as_list().size());
}

std::string of_parameters(const Value& facts, const char* list) {
  return fmt::format("{} of {} trainable parameters", size_of(facts, list),
                     facts.at("trainable").as_integer());
}

double real_at(const Value& facts, const char* key) {
  const Value& value = facts.at(key);  // JSON has nan as text
  return value.is_number() ? value.as_real() : NAN;
}

DrillResult result(DrillVerdict verdict, std::string reason, std::string hint) {
  return {"", verdict, std::move(reason), std::move(hint), 0};
}

constexpr const char* kUseNanPolicy =
    "the callback NanPolicy stops there; it can also skip the update, or roll "
    "back.";

DrillResult judge_bad_weights(const Value& facts, const std::string& ended) {
  std::string bad =
      fmt::format("{} of {} tensors are not finite ({})", size_of(facts, "bad"),
                  facts.at("tensors").as_integer(), some_of(facts.at("bad")));
  std::string reported = text_at(facts, "reported");
  std::string warning = text_at(facts, "warning");
  if (!ended.empty()) {
    return warn(fmt::format("training stops ({}), but then {}", ended, bad),
                kUseNanPolicy);
  }
  if (!warning.empty()) {
    return fail(fmt::format("the log says \"{}\", yet {}", warning, bad),
                kUseNanPolicy);
  }
  if (!reported.empty()) {
    return warn(fmt::format("{} and training goes on: {}", reported, bad),
                kUseNanPolicy);
  }
  return fail("nobody notices: no metric shows it, and " + bad, kUseNanPolicy);
}

// Nothing learns.
std::optional<DrillResult> no_learning(const Value& facts, std::int64_t steps) {
  if (facts.at("trainable").as_integer() == 0) {
    return skip("the models have no trainable parameters");
  }
  if (!facts.at("still").as_bool()) return std::nullopt;
  return fail(fmt::format("no weight changed in {} steps", steps),
              "a learning rate of 0, a detached loss, or no step()?");
}

// Some parameters do not learn.
std::optional<DrillResult> left_out(const Value& facts) {
  constexpr const char* kFrozen =
      "what is frozen on purpose says so with requires_grad_(false).";
  if (size_of(facts, "no_gradient") > 0) {
    return fail(
        fmt::format("{} never get a gradient: {}",
                    of_parameters(facts, "no_gradient"),
                    some_of(facts.at("no_gradient"))),
        std::string("detached, or not used for the loss? Else: ") + kFrozen);
  }
  if (size_of(facts, "no_optimizer") == 0) return std::nullopt;
  return fail(fmt::format("{} are in no optimizer: {}",
                          of_parameters(facts, "no_optimizer"),
                          some_of(facts.at("no_optimizer"))),
              kFrozen);
}

}  // namespace

DrillResult pass(std::string reason) {
  return result(DrillVerdict::kPass, std::move(reason), "");
}
DrillResult warn(std::string reason, std::string hint) {
  return result(DrillVerdict::kWarn, std::move(reason), std::move(hint));
}
DrillResult skip(std::string reason) {
  return result(DrillVerdict::kSkip, std::move(reason), "");
}
DrillResult fail(std::string reason, std::string hint) {
  return result(DrillVerdict::kFail, std::move(reason), std::move(hint));
}
DrillResult timeout(std::string reason) {
  return result(DrillVerdict::kTimeout, std::move(reason),
                "--drill=SECONDS gives it more time.");
}

std::optional<DrillResult> trouble(const DrillOutcome& outcome) {
  if (outcome.timed_out) return timeout("the drill's time was over");
  if (outcome.error.empty()) return std::nullopt;
  return fail(outcome.error);
}

DrillResult judge_gradients(const Value& facts, std::int64_t steps) {
  if (auto problem = no_learning(facts, steps)) return *problem;
  if (auto problem = left_out(facts)) return *problem;
  if (facts.at("leftovers").as_text() == "added") {
    return fail("gradients of one batch are added to those of the next",
                "call zero_grad() before backward(); larger batches come from "
                "--accumulate.");
  }
  if (size_of(facts, "zero_gradient") > 0) {
    return warn(fmt::format("{} have a gradient of zeros only: {}",
                            of_parameters(facts, "zero_gradient"),
                            some_of(facts.at("zero_gradient"))));
  }
  std::int64_t frozen = facts.at("frozen").as_integer();
  return pass(
      fmt::format("all {} trainable parameters get theirs{}, cleared "
                  "between batches",
                  facts.at("trainable").as_integer(),
                  frozen == 0 ? "" : fmt::format(" ({} are frozen)", frozen)));
}

DrillResult judge_evaluation(const Value& facts) {
  const std::string& state = facts.at("eval").as_text();
  if (facts.at("modes_changed").as_bool()) {
    return fail("after some epochs modules are in another mode than before",
                "a train() or eval() call that is not taken back?");
  }
  if (state == "none") return skip("there is no eval data");
  if (state == "error") return fail(facts.at("eval_error").as_text());
  std::string change = facts.at("eval_change").as_text();
  if (!change.empty()) {
    return fail("it changes " + change,
                "eval_batch must not train; batch norm in train mode changes "
                "its statistics.");
  }
  std::string again = facts.at("eval_again").as_text();
  if (!again.empty()) {
    return warn(
        fmt::format("two evaluations of the same weights differ: {}", again),
        "random numbers in eval_batch, or a module in train mode that "
        "add_model does not know?");
  }
  return pass("changes no weight, and gives the same twice");
}

DrillResult judge_overfit(const DrillOutcome& outcome) {
  const Value& facts = outcome.facts;
  if (facts.find("key") == nullptr) return *trouble(outcome);
  const std::string& key = facts.at("key").as_text();
  if (key.empty()) return skip("no metric is called loss");
  double share = real_at(facts, "share");
  std::int64_t steps = facts.at("steps").as_integer();
  if (!std::isfinite(share)) {
    return fail(fmt::format("{} is not finite after {} steps", key, steps),
                "a learning rate that is too high?");
  }
  std::string seen =
      fmt::format("{} went from {:.4g} to {:.4g} in {} steps", key,
                  real_at(facts, "first"), real_at(facts, "last"), steps);
  if (share >= 0.5) return pass(seen);
  if (outcome.timed_out) return timeout(seen);
  seen += ", not to half";
  if (share >= 0.1) return warn(seen, "a learning rate that is too low?");
  return fail(seen,
              "the loss of a single batch should fall: learning rate, "
              "detached tensors, labels?");
}

DrillResult judge_nan(const Value& facts) {
  std::string into = facts.at("into").as_text();
  if (into.empty()) {
    return skip("neither batches nor gradients to put a NaN into");
  }
  std::string error = facts.at("error").as_text();
  std::string ended = error.empty() ? facts.at("reason").as_text() : error;
  if (size_of(facts, "bad") > 0) return judge_bad_weights(facts, ended);
  if (!ended.empty()) return pass("training stops: " + ended);
  std::string warning = text_at(facts, "warning");
  if (!warning.empty()) {
    return pass("weights stay finite; the log says: " + warning);
  }
  std::string reported = text_at(facts, "reported");
  return pass(reported.empty() ? "weights stay finite"
                               : reported + "; weights stay finite");
}

}  // namespace thexp
