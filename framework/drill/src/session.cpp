#include "session.h"

#include <algorithm>
#include <exception>

#include "probe.h"
#include "tasks.h"
#include "thexp/base/error.h"
#include "thexp/trainer/error_message.h"

namespace thexp {
namespace {

std::int64_t at_most(const std::optional<std::int64_t>& given,
                     std::int64_t limit) {
  return std::min(given.value_or(limit), limit);
}

// What says how to begin, and where to: not the user's run.
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
  bool overfit = session.kind == "overfit";
  bool saves = session.kind == "train" || session.kind == "reload";
  params.fast_dev_run = false;
  params.overfit_batches = 0;
  params.more_epochs = std::nullopt;
  params.epoch = std::max<std::int64_t>(*params.epoch, session.steps);
  std::int64_t batches = overfit ? session.steps : kDrillEpoch;
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

Value perform(const DrillSession& session,
              Trainer& trainer,
              DrillProbe& probe) {
  if (session.kind == "train") return drill_train(session, trainer);
  if (session.kind == "inspect") return drill_inspect(session, trainer, probe);
  if (session.kind == "reload") return drill_reload(session, trainer);
  if (session.kind == "overfit") return drill_overfit(session, trainer, probe);
  if (session.kind == "nan") return drill_nan(session, trainer, probe);
  throw UsageError("a drill has no session of the kind " + session.kind);
}

DrillOutcome attempt(const DrillSession& session,
                     const TrainerFactory& make_trainer) {
  std::unique_ptr<Trainer> trainer = make_trainer();
  set_place(trainer->params(), session);
  set_length(trainer->params(), session);
  auto& probe = trainer->add_callback<DrillProbe>(session);
  trainer->setup();
  DrillOutcome outcome;
  outcome.facts = perform(session, *trainer, probe);
  outcome.timed_out = probe.out_of_time();
  return outcome;
}

DrillOutcome ended_by(const std::string& error) {
  DrillOutcome outcome;
  outcome.error = error;
  return outcome;
}

}  // namespace

Value DrillSession::to_value() const {
  return Value::Dict{{"kind", kind},
                     {"folder", folder.string()},
                     {"workspace", workspace.string()},
                     {"state", state.string()},
                     {"steps", steps},
                     {"kill_after", kill_after},
                     {"resume", resume},
                     {"other_workers", other_workers},
                     {"own_process", own_process},
                     {"seconds", seconds}};
}

DrillSession DrillSession::from_value(const Value& value) {
  DrillSession session;
  session.kind = value.at("kind").as_text();
  session.folder = value.at("folder").as_text();
  session.workspace = value.at("workspace").as_text();
  session.state = value.at("state").as_text();
  session.steps = value.at("steps").as_integer();
  session.kill_after = value.at("kill_after").as_integer();
  session.resume = value.at("resume").as_bool();
  session.other_workers = value.at("other_workers").as_bool();
  session.own_process = value.at("own_process").as_bool();
  session.seconds = value.at("seconds").as_real();
  return session;
}

Value DrillOutcome::to_value() const {
  return Value::Dict{{"facts", facts},
                     {"error", error},
                     {"killed", killed},
                     {"timed_out", timed_out}};
}

DrillOutcome DrillOutcome::from_value(const Value& value) {
  DrillOutcome outcome;
  outcome.facts = value.at("facts");
  outcome.error = value.at("error").as_text();
  outcome.killed = value.at("killed").as_bool();
  outcome.timed_out = value.at("timed_out").as_bool();
  return outcome;
}

DrillOutcome perform_session(const DrillSession& session,
                             const TrainerFactory& make_trainer) {
  try {
    return attempt(session, make_trainer);
  } catch (const Abandoned&) {
    DrillOutcome outcome;
    outcome.killed = true;
    return outcome;
  } catch (const std::exception& error) {
    return ended_by(message_of(error));
  }
}

}  // namespace thexp
