// What a Trainer offers; its parts do the work (trainer_impl.h), and the loop
// is in train_loop.cpp.
#include "thexp/trainer/trainer.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "set_up.h"
#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/trainer/phase_data.h"
#include "trainer_impl.h"

namespace thexp {
namespace {

// Saves nothing more: when a Trainer is destroyed, the members that its class
// keeps are gone already.
void end_run(TrainerImpl& impl) {
  RunRecorder& recorder = impl.recorder;
  if (!recorder.is_open() || recorder.has_ended()) return;
  impl.checkpoints.flush();
  if (impl.plan.trains()) recorder.update_run_info();
  recorder.finish(impl.stop.interrupted() ? RunStatus::kInterrupted
                                          : RunStatus::kCompleted);
}

}  // namespace

Trainer::Trainer(TrainerParams& params, CallbackSetup defaults)
    : TrainerView(std::make_unique<TrainerImpl>(*this, params)),
      set_up_(std::make_unique<SetUp>(*this, *impl_, defaults)) {}

Trainer::~Trainer() {
  // Torn down by an exception, the run is left to be recorded as failed.
  if (std::uncaught_exceptions() > 0) return;
  try {
    end_run(*impl_);
  } catch (const std::exception& error) {
    logger().error("the run could not be closed", error.what());
  }
}

// --- running ---------------------------------------------------------------

void Trainer::setup() { set_up_->run(); }

TrainResult Trainer::train() {
  setup();
  TrainLoop& loop = impl_->loop;
  if (impl_->beginning.is_over()) return loop.result();
  TrainResult result = loop.is_finished() ? loop.resume_finished()
                                          : loop.run(impl_->plan.until());
  if (!impl_->plan.saves() || interrupted()) return result;
  save_models();
  impl_->checkpoints.save_best_models(
      BestModels(*this, impl_->registry, impl_->callbacks));
  return result;
}

TrainResult Trainer::train_epoch() {
  setup();
  return impl_->loop.run(Until::epoch(progress().epoch + 1));
}

TrainResult Trainer::train_steps(int64_t count) {
  if (count < 0) {
    throw UsageError(
        fmt::format("train_steps: {} is not a number of steps", count));
  }
  setup();
  return impl_->loop.run(Until::step(progress().step + count));
}

EpochRange Trainer::epochs(int64_t count) {
  if (count < 0) {
    throw UsageError(
        fmt::format("epochs: {} is not a number of epochs", count));
  }
  setup();
  int64_t first = progress().epoch + 1;
  return {*this, first, first + count};
}

EpochRange::Iterator& EpochRange::Iterator::operator++() {
  epoch_ = trainer_->stopping() ? end_ : epoch_ + 1;
  return *this;
}

const AvgMeter& Trainer::eval() {
  setup();
  impl_->evaluation.run(Phase::kEval);
  save_requested_outside();
  return eval_meter();
}

const AvgMeter& Trainer::test() {
  setup();
  impl_->evaluation.run(Phase::kTest);
  save_requested_outside();
  return test_meter();
}

void Trainer::try_out_evaluation(Phase phase) {
  impl_->evaluation.try_out(phase, *params().eval_sanity);
  const std::string& best = *params().checkpoint_best_metric;
  bool is_needed = *params().checkpoint_keep_best > 0;
  if (is_needed && metric_phase(best) == phase) {
    check_metric_name(*this, best, "checkpoint.best_metric names it");
  }
}

at::Tensor Trainer::predict() {
  setup();
  return impl_->evaluation.predict();
}

void Trainer::finish() {
  if (!has_run() || impl_->recorder.has_ended()) return;
  flush_checkpoints();
  if (impl_->plan.trains()) impl_->checkpoints.save_records();
  end_run(*impl_);
}

void Trainer::fail(const std::exception& error) {
  impl_->failure.close_run(error);
}

void Trainer::stop_train(const std::string& reason) {
  impl_->stop.decide(reason);
}
void Trainer::stop_epoch() { impl_->stop.end_epoch(); }
void Trainer::interrupt(const std::string& reason) {
  impl_->stop.interrupt(reason);
}
// --- what a program overrides ----------------------------------------------

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

Meter Trainer::eval_batch(const Batch& batch, const PhaseProgress&) {
  return eval_batch(batch);
}

Meter Trainer::test_batch(const Batch& batch) {
  return eval_batch(batch, impl_->evaluation.progress());
}

Meter Trainer::test_batch(const Batch& batch, const PhaseProgress&) {
  return test_batch(batch);
}

at::Tensor Trainer::predict_batch(const Batch&) {
  throw_not_overridden("predict", "predict_batch");
}

// --- what it registers -----------------------------------------------------

void Trainer::register_model(const std::string& name,
                             std::shared_ptr<torch::nn::Module> model) {
  impl_->registry.add_model(name, std::move(model), device());
}

OptimizerSlot& Trainer::new_slot(const std::string& name) {
  return impl_->registry.add_optimizer(name, *params().accumulate,
                                       &impl_->callbacks);
}

void Trainer::add_metric(Phase phase,
                         const std::string& name,
                         Metric& metric,
                         std::function<double()> read) {
  impl_->metric_set.add(phase, name, metric, std::move(read),
                        impl_->registry.kept());
}

KeptMembers& Trainer::kept() { return impl_->registry.kept(); }

void Trainer::add_loader(Phase phase,
                         std::shared_ptr<Dataset> dataset,
                         LoaderOptions options) {
  if (dataset == nullptr) {
    throw UsageError(
        fmt::format("add_loader: the {} dataset is null", phase_name(phase)));
  }
  if (!options.has_seed()) {
    options.seed(combine64(static_cast<uint64_t>(*params().seed),
                           hash64(phase_name(phase))));
  }
  if (!options.pin_memory()) options.pin_memory(device().is_cuda());
  if (phase == Phase::kTrain && !impl_->plan.shuffles()) options.shuffle(false);
  add_loader(phase, std::make_shared<DataLoader>(std::move(dataset), options));
}

void Trainer::add_loader(Phase phase, std::shared_ptr<BatchSource> source) {
  impl_->loaders.add(phase, std::move(source));
}

void Trainer::wrap_loader(Phase phase, const WrapSource& wrap) {
  auto& place = impl_->loaders.place_of(phase);
  place = wrap(place);
}

void Trainer::add_callback(std::unique_ptr<Callback> callback, uint32_t hooks) {
  impl_->callbacks.add(std::move(callback), hooks);
}

void Trainer::remove_callback(Callback& callback) {
  impl_->callbacks.remove(callback);
}

// --- what is written -------------------------------------------------------

RndManager& Trainer::rnd() { return impl_->rnd; }
Logger& Trainer::logger() { return impl_->recorder.logger(); }

void Trainer::record(const std::string& name, double value) {
  impl_->recorder.record(name, value);
}

void Trainer::record(const std::string& name, Value value) {
  impl_->recorder.record(name, std::move(value));
}

fs::path Trainer::watch(const fs::path& folder,
                        std::vector<std::string> suffixes) {
  setup();
  return impl_->recorder.watch(folder, std::move(suffixes));
}

Run& Trainer::active_run() {
  setup();
  return impl_->recorder.run();
}

void Trainer::set_metric(const std::string& name, double value) {
  impl_->metrics.set_value(name, value);
}

AppendFile& Trainer::run_file(const std::string& name) {
  setup();
  return impl_->recorder.own_file(name);
}

fs::path Trainer::run_folder() {
  setup();
  return impl_->recorder.folder();
}

Saver& Trainer::saver() {
  setup();
  return impl_->checkpoints.saver();
}

State Trainer::state() {
  setup();
  return impl_->state.take();
}

State Trainer::weights() const { return impl_->state.weights(); }

void Trainer::load_weights(const State& weights) {
  impl_->state.load_weights(weights);
}

State Trainer::batch_state() const { return impl_->state.batch_state(); }

void Trainer::load_state(const State& state) {
  set_up_->load(Checkpoint(state));
}

void Trainer::save_checkpoint(Value info) {
  setup();
  impl_->checkpoints.save(std::move(info));
}

void Trainer::request_checkpoint() {
  impl_->checkpoints.request();
  save_requested_outside();
}

void Trainer::mark_best() {
  impl_->checkpoints.request_best();
  save_requested_outside();
}

// Within the loop its own time comes, after the hooks.
void Trainer::save_requested_outside() {
  if (impl_->point != Point::kOutside || !has_run()) return;
  impl_->checkpoints.save_requested();
}

void Trainer::retain_best(int64_t count, const std::string& metric, Mode mode) {
  setup();
  impl_->checkpoints.retain_best(count, metric, mode);
}

void Trainer::flush_checkpoints() { impl_->checkpoints.flush(); }

fs::path Trainer::save_keypoint(Value info) {
  setup();
  return impl_->checkpoints.save_keypoint(std::move(info));
}

fs::path Trainer::save_keypoint(Value info, const State& before) {
  setup();
  return impl_->checkpoints.save_keypoint(std::move(info), before);
}

std::vector<fs::path> Trainer::save_models(Value info) {
  setup();
  return impl_->checkpoints.save_models(std::move(info));
}

}  // namespace thexp
