#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include "results.h"
#include "session_kinds.h"
#include "sources.h"
#include "thexp/base/text.h"
#include "thexp/state/module_state.h"
#include "thexp/trainer/error_message.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

struct NanFacts {
  std::string ended_by;  // an error, or why training was stopped; or ""
  std::string reported;  // the first metric that is not finite; or ""
  std::string warning;   // the first in the log; or ""
  int tensors = 0;
  std::vector<std::string> not_finite;  // names of tensors
};

bool is_finite(const at::Tensor& tensor) {
  return at::isfinite(tensor).all().item().toBool();
}

void look_for_nan(const Trainer& trainer, NanFacts& facts) {
  for (const auto& [name, model] : trainer.named_models()) {
    const State state = module_state(*model);
    for (const auto& [key, item] : state.as_dict()) {
      ++facts.tensors;
      if (is_finite(item.as_tensor())) continue;
      facts.not_finite.push_back(fmt::format("{}.{}", name, key.to_string()));
    }
  }
}

// The first warning in the run's log, without its date.
std::string first_warning(Trainer& trainer) {
  trainer.logger().flush();
  for (const std::string& line :
       split(read_file(trainer.active_run().console_log()), '\n')) {
    std::size_t at = line.find("| WARN | ");
    // Not what the framework says as it starts.
    bool of_blas = line.find("BLAS") != std::string::npos;
    if (at != std::string::npos && !of_blas) return line.substr(at + 9);
  }
  return "";
}

// Makes one step's batch NaN, or, where it has no real numbers, the gradients
// of the first update after it.
struct Poisoning {
  std::shared_ptr<bool> batch = std::make_shared<bool>(false);
  bool gradients = false;

  void prepare(Trainer& trainer, DrillProbe& probe) {
    trainer.wrap_loader(Phase::kTrain, [this](auto source) {
      return poison_batch(std::move(source), kNanStep, batch);
    });
    probe.poison_gradients = [this, &trainer] {
      bool due =
          !*batch && !gradients && trainer.progress().step + 1 >= kNanStep;
      if (due) gradients = true;
      return due;
    };
  }
};

DrillResult judge_bad_weights(const NanFacts& facts) {
  constexpr const char* kUseNanPolicy =
      "the callback NanPolicy stops there; it can also skip the update, or "
      "roll back.";
  std::string bad = fmt::format("{} of {} tensors are not finite ({})",
                                facts.not_finite.size(), facts.tensors,
                                some_of(facts.not_finite));
  if (!facts.ended_by.empty()) {
    return warn(
        fmt::format("training stops ({}), but then {}", facts.ended_by, bad),
        kUseNanPolicy);
  }
  if (!facts.warning.empty()) {
    return fail(fmt::format("the log says \"{}\", yet {}", facts.warning, bad),
                kUseNanPolicy);
  }
  if (!facts.reported.empty()) {
    return warn(fmt::format("{} and training goes on: {}", facts.reported, bad),
                kUseNanPolicy);
  }
  return fail("nobody notices: no metric shows it, and " + bad, kUseNanPolicy);
}

DrillResult judge(const NanFacts& facts) {
  if (!facts.not_finite.empty()) return judge_bad_weights(facts);
  if (!facts.ended_by.empty()) {
    return pass("training stops: " + facts.ended_by);
  }
  if (!facts.warning.empty()) {
    return pass("weights stay finite; the log says: " + facts.warning);
  }
  return pass(facts.reported.empty()
                  ? "weights stay finite"
                  : facts.reported + "; weights stay finite");
}

}  // namespace

DrillResult nan_session(const DrillSession& session,
                        Trainer& trainer,
                        DrillProbe& probe) {
  Poisoning poisoning;
  poisoning.prepare(trainer, probe);
  NanFacts facts;
  try {
    facts.ended_by = trainer.train_steps(session.steps).reason;
  } catch (const std::exception& error) {
    facts.ended_by = message_of(error);  // what the drill wants to see
  }
  if (!*poisoning.batch && !poisoning.gradients) {
    return skip("neither batches nor gradients to put a NaN into");
  }
  look_for_nan(trainer, facts);
  facts.reported = first_not_finite(probe.trace());
  facts.warning = first_warning(trainer);
  return judge(facts);
}

}  // namespace thexp::detail
