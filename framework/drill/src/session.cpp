#include "session.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "probe.h"
#include "session_kinds.h"
#include "thexp/trainer/error_message.h"

namespace thexp::detail {
namespace {

int64_t at_most(const std::optional<int64_t>& given, int64_t limit) {
  return std::min(given.value_or(limit), limit);
}

// Where it writes and how it begins: never in the user's run.
void set_place(TrainerParams& params, const DrillSession& session) {
  params.workspace = session.workspace.string();
  params.exp_name = kDrillExperiment;
  params.resume = session.resume ? "latest" : "";
  params.auto_resume = false;
  params.phase = "train";
  params.log_console = false;
  params.log_level = "info";
  if (*params.seed < 0) params.seed = 0;  // every session the same
}

// Short epochs with an evaluation each, and a checkpoint in their middle.
void set_length(TrainerParams& params, const DrillSession& session) {
  bool overfit = session.kind == SessionKind::kOverfit;
  bool saves = session.kind == SessionKind::kTrain ||
               session.kind == SessionKind::kReload;
  params.fast_dev_run = false;
  params.overfit_batches = 0;
  params.more_epochs = std::nullopt;
  params.steps = std::nullopt;
  params.more_steps = std::nullopt;
  params.max_time = "";
  params.epoch = std::max<int64_t>(*params.epoch, session.steps);
  int64_t batches = overfit ? session.steps : kDrillEpoch;
  params.limit_train_batches =
      at_most(overfit ? std::nullopt : *params.limit_train_batches, batches);
  params.limit_eval_batches = at_most(*params.limit_eval_batches, 2);
  params.limit_test_batches = at_most(*params.limit_test_batches, 2);
  params.checkpoint_every = saves ? 1 : 0;
  params.checkpoint_every_steps = saves ? kDrillCheckpoint : 0;
  params.checkpoint_every_seconds = 0.0;
  params.checkpoint_keep = 2;
  params.checkpoint_on_error = "stop";
}

void perform(const DrillSession& session,
             Trainer& trainer,
             DrillProbe& probe,
             DrillOutcome& outcome) {
  switch (session.kind) {
    case SessionKind::kTrain:
      outcome.train = train_session(session, trainer);
      break;
    case SessionKind::kInspect:
      outcome.results = inspect_session(session, trainer, probe);
      break;
    case SessionKind::kReload:
      outcome.results = {reload_session(session, trainer)};
      break;
    case SessionKind::kOverfit:
      outcome.results = {overfit_session(session, trainer, probe)};
      break;
    case SessionKind::kNan:
      outcome.results = {nan_session(session, trainer, probe)};
      break;
  }
}

DrillOutcome attempt(const DrillSession& session,
                     const TrainerFactory& make_trainer) {
  std::unique_ptr<Trainer> trainer = make_trainer();
  set_place(trainer->params(), session);
  set_length(trainer->params(), session);
  auto& probe = trainer->add_callback<DrillProbe>(session);
  trainer->setup();
  DrillOutcome outcome;
  perform(session, *trainer, probe, outcome);
  // Overfitting has a result that says so itself.
  bool late = probe.out_of_time() && session.kind != SessionKind::kOverfit;
  if (late) outcome.end = DrillOutcome::End::kTimeout;
  return outcome;
}

}  // namespace

DrillOutcome perform_session(const DrillSession& session,
                             const TrainerFactory& make_trainer) {
  try {
    return attempt(session, make_trainer);
  } catch (const Abandoned&) {
    return DrillOutcome::ended_early(DrillOutcome::End::kKilled);
  } catch (const std::exception& error) {
    return DrillOutcome::ended_early(DrillOutcome::End::kError,
                                     message_of(error));
  }
}

}  // namespace thexp::detail
