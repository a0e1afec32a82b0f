#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/clock.h"
#include "thexp/base/value.h"
#include "thexp/tracking/metric_store.h"
#include "thexp/tracking/run_record.h"

namespace thexp {

/// What a new run is made from; `experiment` is required.
class RunOptions {
 public:
  /// The folder of all experiments; "" means workspace_path().
  RunOptions& workspace(std::string value) {
    return set(workspace_, std::move(value));
  }
  RunOptions& experiment(std::string value) {
    return set(experiment_, std::move(value));
  }
  /// The command line, program first.
  RunOptions& argv(std::vector<std::string> value) {
    return set(argv_, std::move(value));
  }
  RunOptions& description(std::string value) {
    return set(description_, std::move(value));
  }
  /// The run that this one goes on from, as "experiment/id". Default: none.
  RunOptions& parent(std::string value) {
    return set(parent_, std::move(value));
  }
  /// How often run.json says that the run is alive.
  RunOptions& heartbeat(std::chrono::milliseconds value) {
    return set(heartbeat_, value);
  }
  /// Versions that run.json records beside its own: {"libtorch": "1.13.1"}.
  RunOptions& versions(Value::Dict value) {
    return set(versions_, std::move(value));
  }
  /// What it runs on, beside the processor: {"gpus": ["NVIDIA H200"]}.
  RunOptions& hardware(Value::Dict value) {
    return set(hardware_, std::move(value));
  }
  /// Variables of the environment to record, besides those that are known to
  /// matter (OMP_*, CUDA_* and the like): names, in which `*` is any text.
  RunOptions& environment(std::vector<std::string> patterns) {
    return set(environment_, std::move(patterns));
  }
  /// Whether metrics also go to an event file, for TensorBoard.
  RunOptions& tensorboard(bool value) { return set(tensorboard_, value); }
  /// Run::open() calls it once no other process can write to the folder, before
  /// it writes there itself; what it throws leaves the run as it was.
  RunOptions& before_writing(std::function<void()> value) {
    return set(before_writing_, std::move(value));
  }
  /// Must live as long as the run.
  RunOptions& clock(const Clock& value) { return set(clock_, &value); }

  const std::string& workspace() const { return workspace_; }
  const std::string& experiment() const { return experiment_; }
  const std::vector<std::string>& argv() const { return argv_; }
  const std::string& description() const { return description_; }
  const std::string& parent() const { return parent_; }
  std::chrono::milliseconds heartbeat() const { return heartbeat_; }
  const Value::Dict& versions() const { return versions_; }
  const Value::Dict& hardware() const { return hardware_; }
  const std::vector<std::string>& environment() const { return environment_; }
  bool tensorboard() const { return tensorboard_; }
  const std::function<void()>& before_writing() const {
    return before_writing_;
  }
  const Clock& clock() const { return *clock_; }

 private:
  template <typename T>
  RunOptions& set(T& field, T value) {
    field = std::move(value);
    return *this;
  }

  std::string workspace_;
  std::string experiment_;
  std::vector<std::string> argv_;
  std::string description_;
  std::string parent_;
  std::chrono::milliseconds heartbeat_{10000};
  Value::Dict versions_;
  Value::Dict hardware_;
  std::vector<std::string> environment_;
  bool tensorboard_ = true;
  std::function<void()> before_writing_;
  const Clock* clock_ = &Clock::system();
};

/// One execution and its folder `<workspace>/<experiment>/<id>`:
///
///     auto run = Run::create(RunOptions().experiment("mnist_lr=0.1"));
///     run->write_params(yaml);
///     run->metrics().record("train/loss", 0.3, step, epoch);
///     run->finish();
///
/// A background thread flushes the metrics every second, renews the heartbeat
/// in run.json, and lists the run's files in files.json. What it cannot write
/// (a full disk) it keeps and tries again; write_error() tells, and flush() and
/// finish() throw.
class Run {
 public:
  /// Makes the folder, run.json with the status "running", and the folders
  /// checkpoints, keypoints and models.
  /// @throws UsageError for an impossible experiment name or interval,
  /// FileError when the disk refuses.
  static std::unique_ptr<Run> create(const RunOptions& options);

  /// Continues the run in `path`, wherever the folder was copied to: its id,
  /// experiment, start and information stay, the status is "running" again.
  /// The options workspace, experiment and description do not count; an empty
  /// argv keeps the first one. What it runs on is recorded anew. @throws
  /// UsageError when another process writes there (or this one), FileError and
  /// FormatError when run.json cannot be read.
  static std::unique_ptr<Run> open(const std::filesystem::path& path,
                                   const RunOptions& options = {});

  /// Without a finish() or fail() before, the run is recorded as failed.
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const std::filesystem::path& path() const;
  const std::string& id() const;
  const std::string& experiment() const;
  /// Its number among the experiment's runs, from 1; given once.
  int64_t number() const;
  std::filesystem::path console_log() const;
  std::filesystem::path params_file() const;
  std::filesystem::path checkpoints() const;
  std::filesystem::path keypoints() const;
  std::filesystem::path models() const;

  MetricStore& metrics();

  /// Writes params.yaml, at once and atomically. @throws FileError
  void write_params(const std::string& yaml);

  /// The parameters as a tree, so that those who compare runs need no YAML:
  /// "params" in run.json.
  void set_params(Value params);
  /// What the run's code is: "code" in run.json.
  void set_code(Value code);

  /// Has the files below a folder listed as the run's, those whose names end in
  /// one of the suffixes (all, where none is given):
  ///
  ///     fs::path samples = run.watch("samples", {".png"});
  ///
  /// A relative name is below the run's folder. The folder is made. What is
  /// there already counts as untouched until it changes. @throws FileError
  std::filesystem::path watch(const std::filesystem::path& folder,
                              std::vector<std::string> suffixes = {});

  /// An entry of "info" in run.json; the background thread writes it soon.
  void set_info(const std::string& key, Value value);

  /// Writes metrics and run.json now. @throws FileError
  void flush();

  /// How long processes have worked on it: this one, and those before it.
  std::chrono::duration<double> duration() const;

  /// Why the background thread's last writing failed; empty when it did not.
  std::string write_error() const;

  /// The end: kCompleted, or kInterrupted. @throws UsageError for another
  /// status or when the run has ended, FileError as flush() does.
  void finish(RunStatus status = RunStatus::kCompleted);

  /// The end by an error, with its text. @throws as finish()
  void fail(const std::string& error_text);

 private:
  class Writer;
  explicit Run(std::unique_ptr<Writer> writer);

  std::unique_ptr<Writer> writer_;
};

}  // namespace thexp
