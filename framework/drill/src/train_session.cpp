#include "session_kinds.h"
#include "sources.h"
#include "thexp/data/loader.h"
#include "thexp/state/pt.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

// The workers that load training data; -1 when no DataLoader does.
int64_t workers_of(const Trainer& trainer) {
  if (!trainer.has_loader(Phase::kTrain)) return -1;
  auto* loader = dynamic_cast<DataLoader*>(&trainer.loader(Phase::kTrain));
  return loader == nullptr ? -1 : loader->options().workers();
}

void use_other_workers(Trainer& trainer) {
  for (Phase phase : {Phase::kTrain, Phase::kEval}) {
    if (trainer.has_loader(phase)) trainer.wrap_loader(phase, change_workers);
  }
}

}  // namespace

TrainFacts train_session(const DrillSession& session, Trainer& trainer) {
  if (session.other_workers) use_other_workers(trainer);
  TrainFacts facts;
  facts.first_step = trainer.progress().step;
  TrainResult result = trainer.train_steps(session.steps - facts.first_step);
  save_pt(session.state_file(), trainer.state());
  facts.last_step = trainer.progress().step;
  facts.workers = workers_of(trainer);
  facts.stop_reason = result.reason;
  facts.device = trainer.device().str();
  return facts;
}

}  // namespace thexp::detail
