// Set-up of a Trainer, top to bottom.
#include "set_up.h"

#include <fmt/format.h>

#include <random>

#include "allowed_changes.h"
#include "environment.h"
#include "hardware.h"
#include "length.h"
#include "same_example.h"
#include "state_check.h"
#include "thexp/base/error.h"
#include "thexp/trainer/phase_data.h"

namespace thexp {
namespace {

void draw_seed(TrainerParams& params) {
  if (*params.seed >= 0) return;
  std::random_device entropy;
  params.seed = static_cast<int64_t>(entropy() >> 1);
}

void warn_of_slow_blas(Logger& logger) {
  std::string blas = slow_blas();
  if (blas.empty()) return;
  logger.warn(fmt::format(
      "LibTorch computes on the reference BLAS ({}), many times slower than "
      "OpenBLAS; install libopenblas0-pthread",
      blas));
}

}  // namespace

void SetUp::run() {
  // Another trainer's device may have become the current one meanwhile.
  if (stage_ == Stage::kDone) return make_current(impl_.plan.device());
  if (stage_ == Stage::kRunning) return;
  if (stage_ == Stage::kFailed) {
    throw UsageError("this trainer's set-up failed before; make a new one");
  }
  stage_ = Stage::kFailed;  // until it is done
  find_beginning();
  prepare_process();
  compare_with_beginning();
  create_run();
  try {
    stage_ = Stage::kRunning;
    register_all();
    check_best_metric();
    check_state();
    close_registration();
    start_from_weights();
    impl_.rnd.mark("train");
    restore();
    if (impl_.plan.trains()) impl_.evaluation.say_what_is_skipped();
  } catch (const std::exception& error) {
    stage_ = Stage::kFailed;
    impl_.failure.close_run(error);
    throw;
  }
  stage_ = Stage::kDone;
}

// The run and the checkpoint to go on with, or the files to start from.
void SetUp::find_beginning() {
  TrainerParams& params = impl_.params;
  check_init_flags(params);
  AllowedChanges known_words(*params.allow, "");  // if nothing is compared, too
  impl_.beginning.find();
  // What goes on has its weights from its checkpoint.
  bool goes_on = impl_.beginning.checkpoint() != nullptr;
  if (!goes_on && !params.init_from.get().empty()) weights_.emplace(params);
}

// Parameters are complete and frozen after this.
void SetUp::prepare_process() {
  TrainerParams& params = impl_.params;
  draw_seed(params);
  params.validate();
  impl_.plan = RunPlan(params);
  impl_.checkpoints.configure(params);
  impl_.time_limit.begin(impl_.plan.max_time());
  make_current(impl_.plan.device());
  set_threads(*params.threads);
  set_determinism(*params.determinism);
  ignore_file_size_signal();
  impl_.rnd = RndManager(static_cast<uint64_t>(*params.seed));
  params.freeze("training started");
}

// The data is compared when it is there, in restore().
void SetUp::compare_with_beginning() {
  Fingerprint& here = impl_.fingerprint;
  here.params = params_fingerprint(impl_.params);
  here.device = device_fingerprint(impl_.plan.device());
  here.code = code_fingerprint();
  here.hardware = hardware_of(impl_.plan.device());
  impl_.beginning.adapt_and_check(here, impl_.plan);
  if (impl_.plan.trains()) {
    put_length(here.params, impl_.plan.scheduled());
  }
}

// A run that is continued is opened last, in restore().
void SetUp::create_run() {
  Beginning& beginning = impl_.beginning;
  impl_.recorder.set_length(impl_.plan.until());
  if (beginning.continues()) {
    beginning.say_resume(impl_.plan);
  } else {
    beginning.create_run(impl_.plan, impl_.fingerprint);
    impl_.checkpoints.open(impl_.recorder.run().path());
  }
  warn_of_slow_blas(impl_.recorder.logger());
}

// What models() makes may follow from what the checkpoint has kept.
void SetUp::register_all() {
  if (const Checkpoint* checkpoint = impl_.beginning.checkpoint()) {
    impl_.registry.kept().begin_with(checkpoint->own().at("kept"));
  }
  if (default_callbacks_ != nullptr) default_callbacks_(trainer_);
  trainer_.callbacks();
  impl_.rnd.mark("models");
  trainer_.models();
  impl_.rnd.mark("datasets");
  trainer_.datasets();
}

// The best are chosen by evaluations, for which there must be data.
void SetUp::check_best_metric() const {
  const TrainerParams& params = impl_.params;
  if (*params.checkpoint_keep_best == 0 || !impl_.plan.trains()) return;
  const std::string& metric = *params.checkpoint_best_metric;
  std::string why = why_never_measured(trainer_, metric);
  if (!why.empty()) {
    throw UsageError(fmt::format(
        "checkpoint.best_metric={}: {}; or name another metric", metric, why));
  }
  // The rules are made before the program registers its metrics.
  auto registered = trainer_.metric_mode(metric);
  bool is_guessed = *params.checkpoint_best_mode == "auto";
  if (!is_guessed || !registered || *registered == likely_mode(metric)) return;
  throw UsageError(
      fmt::format("checkpoint.best_metric={}: its Metric says otherwise than "
                  "its name; give --checkpoint.best_mode={}",
                  metric, *registered == Mode::kMax ? "max" : "min"));
}

// What cannot be saved is found now, not after the first epoch.
void SetUp::check_state() const {
  const Registry& registry = impl_.registry;
  StateCheck check(registry.models(), registry.kept());
  for (const auto& slot : registry.optimizers()) check.optimizer(*slot);
  for (Callback* each : impl_.callbacks.all()) check.callback(*each);
}

// From here on the program is known as it makes itself.
void SetUp::close_registration() {
  impl_.registry.close();
  impl_.flags.remember_made();
  impl_.fingerprint.data = impl_.loaders.fingerprint();
  if (impl_.recorder.is_open()) {
    impl_.recorder.set_directions(impl_.metric_set.modes());
  }
}

void SetUp::start_from_weights() {
  if (!weights_) return;
  weights_->load(impl_.registry.models());
  for (const std::string& line : weights_->lines()) {
    impl_.recorder.logger().info("init", line);
  }
  impl_.recorder.run().set_info("init", weights_->record());
  weights_.reset();
}

// After models and data are there: everything goes back to the checkpoint.
void SetUp::restore() {
  Beginning& beginning = impl_.beginning;
  if (beginning.checkpoint() == nullptr) return;
  beginning.check_data(impl_.fingerprint.data);
  AllowedChanges allowed(*impl_.params.allow, "the checkpoint");
  impl_.state.load(beginning.checkpoint()->whole(), allowed);
  if (beginning.is_over()) {
    impl_.recorder.open_later(beginning.folder(), [this] { take_over(); });
  } else if (beginning.continues()) {
    take_over();
  }
  after_load(beginning.release());
  if (impl_.plan.decides_anew()) impl_.stop.forget_decision();
  // A new run has no checkpoint of its own yet.
  impl_.checkpoints.set_saved(beginning.continues());
}

void SetUp::take_over() {
  impl_.beginning.take_over(impl_.fingerprint);
  Run& run = impl_.recorder.run();
  impl_.checkpoints.open(run.path());
  impl_.recorder.set_directions(impl_.metric_set.modes());
  run.metrics().rewind(impl_.position.progress().step);
}

void SetUp::load(const Checkpoint& checkpoint) {
  run();
  AllowedChanges allowed(*impl_.params.allow, "the checkpoint");
  if (impl_.plan.trains()) {  // an evaluation may be anywhere
    allowed.check("device", checkpoint.fingerprint().device,
                  impl_.fingerprint.device);
  }
  impl_.state.load(checkpoint.whole(), allowed);
  impl_.plan.go_on_after(
      {checkpoint.epoch(), checkpoint.step(), impl_.plan.scheduled()});
  after_load(checkpoint);
}

void SetUp::after_load(const Checkpoint& checkpoint) {
  impl_.beginning.note_loaded(checkpoint);
  impl_.recorder.set_length(impl_.plan.until());
  impl_.checkpoints.set_saved(false);
  for (const auto& slot : impl_.registry.optimizers()) {
    for (const std::string& change : slot->changes()) {
      impl_.recorder.logger().info(slot->name(), change);
    }
  }
  go_on_at_same_example(impl_.position, impl_.loaders,
                        checkpoint.fingerprint().data, impl_.recorder.logger());
  if (impl_.recorder.is_open()) {
    impl_.recorder.run().metrics().rewind(impl_.position.progress().step);
  }
  impl_.callbacks.call<kLoad>(checkpoint.whole());
}

}  // namespace thexp
