#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"
#include "thexp/base/file.h"
#include "thexp/data/batch.h"
#include "thexp/data/batch_source.h"
#include "thexp/data/loader.h"
#include "thexp/meters/avg_meter.h"
#include "thexp/meters/meter.h"
#include "thexp/meters/metric.h"
#include "thexp/optim/optimizer.h"
#include "thexp/state/kept_members.h"
#include "thexp/state/rnd_manager.h"
#include "thexp/state/saver.h"
#include "thexp/state/state.h"
#include "thexp/tracking/logger.h"
#include "thexp/tracking/run.h"
#include "thexp/tracking/run_record.h"
#include "thexp/trainer/epoch_range.h"
#include "thexp/trainer/hooks.h"
#include "thexp/trainer/phase.h"
#include "thexp/trainer/progress.h"
#include "thexp/trainer/run_plan.h"
#include "thexp/trainer/train_result.h"
#include "thexp/trainer/trainer_params.h"
#include "thexp/trainer/trainer_view.h"

namespace thexp {

class SetUp;

/// Adds EvalCallback, RecordCallback, LoggerCallback, ProgressCallback,
/// InterruptSave and OutOfMemoryReport. It lives in thexp::callbacks, and is
/// named here only as a default argument: a program that passes nullptr instead
/// needs thexp::trainer alone.
void default_callbacks(Trainer& trainer);

/// Trains what a subclass describes. You implement models(), datasets() and
/// train_batch() (and eval_batch() to evaluate); the trainer runs epochs and
/// evaluations, calls callbacks, logs, and stores everything in a run folder.
///
/// Constructors have no side effects. The first train(), eval(), test() or
/// predict() sets up, in this order: run folder and log, the default callbacks
/// and those of callbacks(), models(), datasets().
///
/// An epoch runs: on_epoch_begin, batches, then on_epoch_end of every callback
/// by priority (evaluation, monitors, reports), then the checkpoint: it always
/// carries this epoch's metrics. A step within an epoch runs the same way, with
/// on_step_end.
class Trainer : public TrainerView {
 public:
  using CallbackSetup = void (*)(Trainer&);

  /// `params` must outlive the trainer; it is frozen at set-up. `defaults`
  /// adds the callbacks that are there before callbacks() adds its own;
  /// nullptr adds none.
  explicit Trainer(TrainerParams& params,
                   CallbackSetup defaults = default_callbacks);
  ~Trainer() override;

  // --- running -----------------------------------------------------------

  /// Trains until `params.epoch` epochs, or `params.steps` steps, are finished,
  /// or it is stopped.
  /// @throws UsageError without training data, when the run has ended, or
  /// within a training; what train_batch or a callback throws and no callback
  /// handles.
  TrainResult train();

  /// Trains to the end of the running epoch (a whole one at its start).
  /// @throws as train().
  TrainResult train_epoch();

  /// `count` more epochs from where training stands, a resumed one too; gives
  /// their numbers, the first epoch being 1, and ends when training is stopped:
  ///
  ///     for (auto epoch : trainer.epochs(10)) trainer.train_epoch();
  ///
  /// @throws UsageError for a negative count.
  EpochRange epochs(int64_t count);

  /// Trains `count` more batches, over the ends of epochs.
  /// @throws UsageError for a negative count; else as train().
  TrainResult train_steps(int64_t count);

  /// Runs eval_batch over the eval data, in eval mode and without gradients;
  /// modes are restored exactly. Without data it says so in the log, once,
  /// and returns an empty meter. The result is valid until the next one.
  /// @throws UsageError when there is data but eval_batch is not overridden, or
  /// when the data has no end and no limit.
  const AvgMeter& eval();

  /// The same with the test data and test_batch.
  const AvgMeter& test();

  /// Runs predict_batch over the predict data, in eval mode and without
  /// gradients, and concatenates along the first dimension. Without data it
  /// says so in the log, once, and returns an undefined tensor.
  /// @throws UsageError when predict_batch is not overridden.
  at::Tensor predict();

  /// Closes the run: its status, its end time, everything buffered written.
  /// The destructor closes it too, but cannot report what goes wrong then, nor
  /// put into a checkpoint what was recorded since the newest one.
  /// @throws FileError. Training afterwards is a UsageError.
  void finish();
  /// Closes the run as failed, with the exception's text; a run that is closed
  /// already stays as it is.
  void fail(const std::exception& error);

  /// Ends training after the running batch. The reason goes to the log and the
  /// result.
  void stop_train(const std::string& reason);

  /// Ends the running epoch after the running batch; it counts as finished.
  void stop_epoch();

  /// stop_train() for a reason outside of the program, such as a signal: the
  /// run counts as interrupted, and a resume goes on with it.
  void interrupt(const std::string& reason);
  /// Tries the first `eval.sanity` batches of evaluation and test out, so that
  /// what is broken is found before training: no hook is called, nothing is
  /// recorded, and random numbers, buffers and kept members are put back. What
  /// else eval_batch() changes is for it to leave out: see is_sanity_check().
  /// @throws UsageError when they report nothing; what eval_batch() throws.
  void try_out_evaluation(Phase phase);
  // --- what it writes, and its data --------------------------------------

  Logger& logger();

  /// Records a number of the newest step: in metrics.jsonl and for TensorBoard.
  ///
  ///     trainer.record("train/margin", margin);
  ///
  /// @throws UsageError before set-up has opened the run.
  void record(const std::string& name, double value);
  /// The same for a value of any kind: a text, a list, a dict.
  void record(const std::string& name, Value value);

  /// Has the files in a folder listed as the run's, with size, content hash and
  /// what happened to them (`thexp show`, `thexp find`): those whose names end
  /// in one of the suffixes, all without. A relative folder is below the run's.
  ///
  ///     fs::path samples = watch("samples", {".png"});
  ///
  /// From on_train_begin() on; see active_run(). @throws FileError
  fs::path watch(const fs::path& folder,
                 std::vector<std::string> suffixes = {});

  /// Adds a metric to the evaluation or test that has just ended, in
  /// on_eval_end() or on_test_end(): `trainer.set_metric("eval/f1", f1)`. Those
  /// who run later show, record and watch it like the others.
  /// @throws UsageError for a name of another phase, or where none has ended.
  void set_metric(const std::string& name, double value);

  /// A file of your own in the run's folder that only grows, such as
  /// episodes.csv. Like the log, it is as long after a resume as it was at the
  /// checkpoint. From on_train_begin() on; see active_run().
  ///
  ///     run_file("episodes.csv").append("12,0.5\n");
  ///
  /// @throws UsageError unless it is a plain file name that the run does not
  /// use itself; FileError.
  AppendFile& run_file(const std::string& name);

  /// The folder of this run, for other files of your own. Does set-up; see
  /// active_run().
  fs::path run_folder();

  /// The run that is written, and what saves below its folder. Both do set-up.
  /// @throws UsageError in models() and datasets() where a run is continued: it
  /// is not written to before everything is known to fit.
  Run& active_run();
  Saver& saver();
  RndManager& rnd();

  /// Does set-up now. Calling it again does nothing.
  void setup();

  /// Puts `wrap(source)` in the place of a phase's data after set-up: to look
  /// at batches, or to change them, without the program's knowledge.
  /// @throws UsageError when there is no such data.
  using WrapSource =
      std::function<std::shared_ptr<BatchSource>(std::shared_ptr<BatchSource>)>;
  void wrap_loader(Phase phase, const WrapSource& wrap);
  // --- callbacks ---------------------------------------------------------

  /// Constructs a callback of type C and adds it.
  template <typename C, typename... Args>
  C& add_callback(Args&&... args) {
    return add_callback(std::make_unique<C>(std::forward<Args>(args)...));
  }

  template <typename C>
  C& add_callback(std::unique_ptr<C> callback) {
    C& added = *callback;
    // What a class derived from C overrides is not known here.
    bool exact = typeid(added) == typeid(C);
    add_callback(std::move(callback),
                 exact ? overridden_hooks<C>() : uint32_t{kAllHooks});
    return added;
  }

  /// Removes (and destroys) it. @throws UsageError if it was never added.
  void remove_callback(Callback& callback);

  // --- state -------------------------------------------------------------

  /// Everything: models and optimizers under their names, the rest (progress,
  /// random state, callbacks, meters, kept members) under "thexp". Writes
  /// nothing.
  State state();
  /// The models and the optimizers alone, for load_weights().
  State weights() const;
  /// @throws FormatError listing all that does not fit; nothing is changed
  /// then.
  void load_weights(const State& weights);
  /// What a batch changes: the weights, open accumulation windows, frozen
  /// parts, random numbers and kept members, for save_keypoint().
  State batch_state() const;
  /// Strict: what is missing, unexpected or of another shape is an error that
  /// lists it, and nothing is changed then. on_load() hooks run afterwards.
  void load_state(const State& state);

  /// Saved with the run, see Saver. `info` goes to the JSON beside the file.
  /// A checkpoint is written in the background: the call pays for a copy in
  /// memory. The trainer calls it at the end of an epoch and of training.
  /// @throws FileError, also of an earlier save, unless checkpoint.on_error is
  /// "warn".
  void save_checkpoint(Value info = Value::Dict{});
  /// A checkpoint of this step is saved as soon as the hooks have run (outside
  /// of the loop at once), whatever `checkpoint.every` says.
  void request_checkpoint();
  /// That, and the run's `best` link points at it.
  void mark_best();
  /// The `count` best checkpoints by a metric stay, in addition to those
  /// that the parameters `checkpoint.keep…` name. @throws UsageError as
  /// Retention::best().
  void retain_best(int64_t count, const std::string& metric, Mode mode);
  /// Waits until every checkpoint is on the disk. @throws what went wrong
  /// there, unless checkpoint.on_error is "warn".
  void flush_checkpoints();
  /// Written at once, and never pruned; returns its path. @throws FileError,
  /// whatever checkpoint.on_error says.
  fs::path save_keypoint(Value info = Value::Dict{});
  /// The same, of before the running batch: `before` is an earlier
  /// batch_state().
  fs::path save_keypoint(Value info, const State& before);
  /// One state_dict file a model, under models/; callbacks may add theirs
  /// (Ema: the averages).
  std::vector<fs::path> save_models(Value info = Value::Dict{});

 protected:
  // --- what you override ---------------------------------------------------

  /// Adds callbacks to the default ones, which are there already.
  virtual void callbacks() {}
  virtual void models() = 0;
  virtual void datasets() = 0;
  /// One training batch: forward, backward, step. Returns what to report.
  virtual Meter train_batch(const Batch& batch, const Progress& at) = 0;
  virtual Meter eval_batch(const Batch& batch);
  /// Override this one instead to know where the evaluation stands.
  virtual Meter eval_batch(const Batch& batch, const PhaseProgress& at);
  /// eval_batch, unless overridden.
  virtual Meter test_batch(const Batch& batch);
  virtual Meter test_batch(const Batch& batch, const PhaseProgress& at);
  /// The outputs for one batch, [examples, …].
  virtual at::Tensor predict_batch(const Batch& batch);

  // --- what you call in models() and datasets() ----------------------------

  /// Registers a module (a module holder such as torch::nn::Linear, or a
  /// shared_ptr), moves it to the device and returns it. @throws UsageError for
  /// a null module, a name that is taken, "thexp", or one that is not a file
  /// name (see require_model_name()).
  template <typename M>
  M add_model(const std::string& name, M model) {
    if constexpr (is_pointer_to_module<M>::value) {
      register_model(name, model);
    } else {
      register_model(name, model.ptr());
    }
    return model;
  }

  /// Registers an optimizer built over parameters of registered models.
  /// @throws UsageError for an empty name, one that is taken, or "thexp".
  template <typename Optim>
  Optimizer<Optim> add_optimizer(const std::string& name, Optim optimizer) {
    static_assert(!std::is_lvalue_reference_v<Optim>);
    OptimizerSlot& slot = new_slot(name);
    auto managed = std::make_shared<detail::ManagedOptimizer<Optim>>(
        std::move(optimizer), &slot);
    slot.attach(managed);
    return Optimizer<Optim>(std::move(managed));
  }

  /// The data of a phase; one for each. Without a seed in the options it
  /// follows from params.seed and the phase; memory is pinned for a GPU.
  /// @throws UsageError for null, or a second.
  void add_loader(Phase phase,
                  std::shared_ptr<Dataset> dataset,
                  LoaderOptions options = {});
  void add_loader(Phase phase, std::shared_ptr<BatchSource> source);

  /// A metric of a whole evaluation or test, or of a training epoch, which is
  /// no mean of batches: you call its update() in eval_batch(), the trainer
  /// resets it, reads it at the end, and has that of training in checkpoints.
  /// It is then shown, recorded and watched as "eval/f1". It must outlive the
  /// trainer.
  ///
  ///     add_metric(Phase::kEval, "auc", auc_);
  ///     add_metric(Phase::kEval, "f1", matrix_, [](const auto& matrix) {
  ///       return matrix.macro().f1;
  ///     });
  ///
  /// @throws UsageError for a name that is there.
  void add_metric(Phase phase, const std::string& name, Metric& metric) {
    add_metric(phase, name, metric, [&metric] { return metric.value(); });
  }
  template <typename M, typename Read>
  auto add_metric(Phase phase, const std::string& name, M& metric, Read read)
      -> decltype(static_cast<double>(read(metric)), void()) {
    add_metric(phase, name, static_cast<Metric&>(metric),
               std::function<double()>([&metric, read]() -> double {
                 return read(std::as_const(metric));
               }));
  }

  /// Keeps a member of yours in every checkpoint: a number, a text, a tensor, a
  /// random engine of the standard library, a Stateful, and vectors and maps of
  /// those; see KeptMembers. It must outlive the trainer's checkpoints.
  /// @throws UsageError for a name that is kept already.
  template <typename T>
  void keep(const std::string& name, T& member) {
    kept().add(name, member);
  }
  /// Anything else, by a function that gives its state and one that takes it.
  void keep(const std::string& name,
            std::function<State()> get,
            std::function<void(const State&)> set) {
    kept().add(name, std::move(get), std::move(set));
  }

 private:
  template <typename T>
  struct is_pointer_to_module : std::false_type {};
  template <typename T>
  struct is_pointer_to_module<std::shared_ptr<T>> : std::true_type {};

  // They call what you override.
  friend class SetUp;
  friend class TrainLoop;
  friend class Evaluation;

  void save_requested_outside();
  void add_metric(Phase phase,
                  const std::string& name,
                  Metric& metric,
                  std::function<double()> read);
  void register_model(const std::string& name,
                      std::shared_ptr<torch::nn::Module> model);
  OptimizerSlot& new_slot(const std::string& name);
  void add_callback(std::unique_ptr<Callback> callback, uint32_t hooks);
  KeptMembers& kept();

  std::unique_ptr<SetUp> set_up_;
};

/// Makes a trainer with parameters of its own.
using TrainerFactory = std::function<std::unique_ptr<Trainer>()>;

}  // namespace thexp
