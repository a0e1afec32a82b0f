// Set-up and registration: what a Trainer is given before it runs.
#include <ATen/Functions.h>
#include <fmt/format.h>

#include <exception>
#include <limits>

#include "module_flags.h"
#include "state_check.h"
#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/base/text.h"
#include "thexp/trainer/trainer.h"
#include "trainer_parts.h"

namespace thexp {
namespace {

Level level(const TrainerParams& params) {
  const std::string& name = *params.log_level;
  if (name == "debug") return Level::kDebug;
  if (name == "warn") return Level::kWarn;
  return name == "error" ? Level::kError : Level::kInfo;
}

}  // namespace

Trainer::Trainer(TrainerParams& params, CallbackSetup defaults)
    : parts_(std::make_unique<Parts>(*this, params, defaults)) {}

Trainer::~Trainer() {
  // Torn down by an exception, the run is left to be recorded as failed.
  if (std::uncaught_exceptions() > 0) return;
  try {
    finish();
  } catch (const std::exception& error) {
    logger().error("the run could not be closed", error.what());
  }
}

void Trainer::finish() {
  if (parts_->run == nullptr || parts_->finished) return;
  flush_checkpoints();
  parts_->run->finish(parts_->interrupted ? RunStatus::kInterrupted
                                          : RunStatus::kCompleted);
  parts_->finished = true;
  logger().flush();
}

void Trainer::fail(const std::exception& error) { parts_->fail(error); }

void Trainer::setup() {
  using Setup = Parts::Setup;
  Parts& parts = *parts_;
  if (parts.setup == Setup::kDone || parts.setup == Setup::kRunning) return;
  if (parts.setup == Setup::kFailed) {
    throw UsageError("this trainer's set-up failed before; make a new one");
  }
  parts.setup = Setup::kFailed;  // until it is done
  prepare_process();
  open_run();
  try {
    parts.setup = Setup::kRunning;
    callbacks();
    parts.rnd.mark("models");
    models();
    parts.rnd.mark("datasets");
    datasets();
    check_best_metric();
    check_state();
    parts.keeper.close();
    parts.flags_made = module_flags(parts.models);
    for (auto& slot : parts.optimizers) slot->note_made();
    start_from_weights();
    parts.rnd.mark("train");
    restore_run();
  } catch (const std::exception& error) {
    parts.setup = Setup::kFailed;
    parts.fail(error);
    throw;
  }
  parts.setup = Setup::kDone;
}

// The best are chosen by evaluations, for which there must be data.
void Trainer::check_best_metric() const {
  const TrainerParams& params = parts_->params;
  if (*params.checkpoint_keep_best == 0 || !parts_->trains()) return;
  const std::string& metric = *params.checkpoint_best_metric;
  std::optional<Phase> phase = metric_phase(metric);
  if (!phase || has_loader(*phase)) return;
  throw UsageError(fmt::format(
      "checkpoint.best_metric={}: there is no {} data; call add_loader in "
      "datasets(), or name another metric",
      metric, phase_name(*phase)));
}

// What cannot be saved is found now, not after the first epoch.
void Trainer::check_state() const {
  StateCheck check(parts_->models, parts_->keeper);
  for (const auto& slot : parts_->optimizers) check.optimizer(*slot);
  for (Callback* callback : parts_->callbacks.all()) check.callback(*callback);
}

void Trainer::callbacks() {
  if (parts_->defaults != nullptr) parts_->defaults(*this);
}

namespace {

[[noreturn]] void throw_not_overridden(const char* data, const char* method) {
  throw UsageError(fmt::format(
      "there is {} data, but {}() is not overridden in your Trainer", data,
      method));
}

}  // namespace

Meter Trainer::eval_batch(const Batch&) {
  throw_not_overridden("eval", "eval_batch");
}

Meter Trainer::test_batch(const Batch& batch) { return eval_batch(batch); }

at::Tensor Trainer::predict_batch(const Batch&) {
  throw_not_overridden("predict", "predict_batch");
}

void Trainer::check_name(const std::string& kind, const std::string& name) {
  if (name.empty() || name == "thexp") {
    throw UsageError(fmt::format(
        "{}: '{}' is no name to use; it becomes a key of the checkpoint, where "
        "'thexp' is the framework's own",
        kind, name));
  }
  bool taken = false;
  for (const auto& entry : parts_->models) taken |= entry.first == name;
  for (const auto& slot : parts_->optimizers) taken |= slot->name() == name;
  if (taken) {
    throw UsageError(fmt::format(
        "{}: '{}' is registered already; models and optimizers share their "
        "names, which are the keys of the checkpoint",
        kind, name));
  }
}

void Trainer::register_model(const std::string& name,
                             std::shared_ptr<torch::nn::Module> model) {
  if (model == nullptr) {
    throw UsageError(fmt::format("add_model: '{}' is a null module", name));
  }
  check_name("add_model", name);
  require_model_name(name);
  model->to(parts_->device);
  parts_->models.emplace_back(name, std::move(model));
}

OptimizerSlot& Trainer::new_slot(const std::string& name) {
  check_name("add_optimizer", name);
  parts_->optimizers.push_back(std::make_unique<OptimizerSlot>(
      name, *parts_->params.accumulate, parts_.get()));
  return *parts_->optimizers.back();
}

void Trainer::add_loader(Phase phase,
                         std::shared_ptr<Dataset> dataset,
                         LoaderOptions options) {
  if (dataset == nullptr) {
    throw UsageError(
        fmt::format("add_loader: the {} dataset is null", phase_name(phase)));
  }
  if (!options.has_seed()) {
    options.seed(combine64(static_cast<std::uint64_t>(*parts_->params.seed),
                           hash64(phase_name(phase))));
  }
  if (parts_->overfitting() && phase == Phase::kTrain) options.shuffle(false);
  add_loader(phase, std::make_shared<DataLoader>(std::move(dataset), options));
}

void Trainer::add_loader(Phase phase, std::shared_ptr<BatchSource> source) {
  auto& place = parts_->loaders[index_of(phase)];
  if (source == nullptr || place != nullptr) {
    throw UsageError(fmt::format(
        "add_loader: {} {}", phase_name(phase),
        source == nullptr ? "data is null" : "data was added already"));
  }
  place = std::move(source);
}

void Trainer::add_callback(std::unique_ptr<Callback> callback,
                           std::uint32_t hooks) {
  parts_->callbacks.add(std::move(callback), hooks);
}

void Trainer::remove_callback(Callback& callback) {
  parts_->callbacks.remove(callback);
}

std::vector<Callback*> Trainer::all_callbacks() const {
  return parts_->callbacks.all();
}

TrainerParams& Trainer::params() const { return parts_->params; }
bool Trainer::has_run() const { return parts_->run != nullptr; }
bool Trainer::resumed() const { return parts_->resumed; }
const Progress& Trainer::progress() const { return parts_->progress; }
at::Device Trainer::device() const { return parts_->device; }

Logger& Trainer::logger() {
  if (parts_->logger == nullptr) {
    const TrainerParams& params = parts_->params;
    parts_->logger = std::make_unique<Logger>(
        LoggerOptions().console(*params.log_console).level(level(params)));
  }
  return *parts_->logger;
}

RndManager& Trainer::rnd() { return parts_->rnd; }
KeptMembers& Trainer::keeper() { return parts_->keeper; }

Run& Trainer::run() {
  setup();
  take_over();  // asked for within set-up
  return *parts_->run;
}

Saver& Trainer::saver() {
  setup();
  take_over();
  return *parts_->saver;
}

const AvgMeter& Trainer::train_meter() const { return parts_->train_meter; }

const AvgMeter& Trainer::eval_meter() const {
  return parts_->phase_meters[index_of(Phase::kEval)];
}

const AvgMeter& Trainer::test_meter() const {
  return parts_->phase_meters[index_of(Phase::kTest)];
}

std::vector<std::pair<std::string, double>> Trainer::metrics() const {
  std::vector<std::pair<std::string, double>> all;
  auto add = [&all](Phase phase, const AvgMeter& meter) {
    for (const auto& [key, value] : meter.values()) {
      all.emplace_back(fmt::format("{}/{}", phase_name(phase), key), value);
    }
  };
  add(Phase::kTrain, train_meter());
  add(Phase::kEval, eval_meter());
  add(Phase::kTest, test_meter());
  return all;
}

double Trainer::metric(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& [key, value] : metrics()) {
    if (key == name) return value;
    known.push_back(key);
  }
  throw UsageError(fmt::format("there is no metric '{}' (there are: {})", name,
                               known.empty() ? "none yet" : join(known, ", ")));
}

std::optional<double> Trainer::fresh_metric(const std::string& name) const {
  std::optional<Phase> phase = metric_phase(name);
  bool evaluated = phase == Phase::kEval || phase == Phase::kTest;
  bool old = evaluated
                 ? parts_->evaluated_at[index_of(*phase)] != progress().step
                 : phase && progress().batch > 0;  // within an epoch
  if (old) return std::nullopt;
  return metric(name);
}

bool Trainer::has_loader(Phase phase) const {
  return parts_->source(phase) != nullptr;
}

BatchSource& Trainer::loader(Phase phase) const {
  if (!has_loader(phase)) {
    throw UsageError(fmt::format(
        "there is no {0} data; it is there once datasets() has called "
        "add_loader for it, which is after callbacks() and models()",
        phase_name(phase)));
  }
  return *parts_->source(phase);
}

void Trainer::wrap_loader(Phase phase, const WrapSource& wrap) {
  loader(phase);  // throws when there is none
  auto& place = parts_->loaders[index_of(phase)];
  place = wrap(place);
}

const std::vector<Trainer::NamedModule>& Trainer::named_models() const {
  return parts_->models;
}

const std::vector<std::unique_ptr<OptimizerSlot>>& Trainer::optimizers() const {
  return parts_->optimizers;
}

OptimizerSlot& Trainer::optimizer(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& slot : parts_->optimizers) {
    if (slot->name() == name) return *slot;
    known.push_back(slot->name());
  }
  throw UsageError(fmt::format("there is no optimizer '{}' (there are: {})",
                               name,
                               known.empty() ? "none" : join(known, ", ")));
}

std::int64_t Trainer::epochs_wanted() const { return parts_->epochs_wanted(); }

std::int64_t Trainer::batches_per_epoch() const {
  loader(Phase::kTrain);  // throws when there is none
  return parts_->batches(Phase::kTrain);
}

BatchSource* Trainer::Parts::source(Phase phase) const {
  bool same_data = overfitting() && phase == Phase::kEval &&
                   loaders[index_of(Phase::kEval)] != nullptr;
  return loaders[index_of(same_data ? Phase::kTrain : phase)].get();
}

std::int64_t Trainer::Parts::order_epoch(Phase phase) const {
  if (phase != Phase::kTrain || overfitting()) return 0;
  return progress.epoch;
}

std::optional<std::int64_t> Trainer::Parts::limit(Phase phase) const {
  if (*params.fast_dev_run) return 1;
  bool overfits = phase == Phase::kTrain || phase == Phase::kEval;
  if (overfitting() && overfits) return *params.overfit_batches;
  switch (phase) {
    case Phase::kTrain:
      return *params.limit_train_batches;
    case Phase::kEval:
      return *params.limit_eval_batches;
    case Phase::kTest:
      return *params.limit_test_batches;
    case Phase::kPredict:
      break;
  }
  return std::nullopt;
}

std::int64_t Trainer::Parts::batches(Phase phase) const {
  std::optional<std::int64_t> there = source(phase)->batches();
  std::optional<std::int64_t> allowed = limit(phase);
  if (!there && !allowed) {
    throw UsageError(
        phase == Phase::kPredict
            ? "the predict data has no end; give a source that ends"
            : fmt::format("the {0} data has no end; say how many batches with "
                          "--limit_{0}_batches",
                          phase_name(phase)));
  }
  constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
  return std::min(there.value_or(kAll), allowed.value_or(kAll));
}

std::int64_t Trainer::Parts::epochs_wanted() const {
  if (*params.fast_dev_run) return 1;
  const std::optional<std::int64_t>& more = *params.more_epochs;
  return more ? loaded_epoch + *more : *params.epoch;
}

}  // namespace thexp
