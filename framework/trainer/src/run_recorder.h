#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "code_recorder.h"
#include "metric_board.h"
#include "own_files.h"
#include "thexp/base/file.h"
#include "thexp/base/mode.h"
#include "thexp/base/value.h"
#include "thexp/tracking/live.h"
#include "thexp/tracking/logger.h"
#include "thexp/tracking/run.h"
#include "thexp/trainer/progress.h"
#include "thexp/trainer/trainer_params.h"
#include "thexp/trainer/until.h"

namespace thexp {

/// Writes down what becomes of a run: its log, its metrics, how it stands and
/// how it ends. The log is there before the run folder is.
class RunRecorder {
 public:
  RunRecorder(const TrainerParams& params,
              const Progress& progress,
              const MetricBoard& metrics)
      : params_(params), progress_(progress), metrics_(metrics) {}

  Logger& logger();

  /// From here on the run's folder is written to.
  void open(std::unique_ptr<Run> run);
  bool is_open() const { return run_ != nullptr; }
  /// Of a run that is over: `open` is called when it is first written to.
  void open_later(fs::path folder, std::function<void()> open);
  /// The run's folder; it is not opened for that. @throws UsageError as run().
  const fs::path& folder();
  /// @throws UsageError before open().
  Run& run();

  /// See OwnFiles::open().
  AppendFile& own_file(const std::string& name);
  OwnFiles& own_files() { return *own_files_; }
  /// For the thread that writes checkpoints.
  std::shared_ptr<const OwnFiles> shared_own_files() const {
    return own_files_;
  }

  /// A metric of the newest step.
  void record(const std::string& name, double value);
  void record(const std::string& name, Value value);
  /// How many were recorded by this process.
  int64_t records() const { return records_; }

  /// How long the run's files are now, with all in them that was logged and
  /// recorded.
  Value file_lengths();

  /// See Run::watch().
  fs::path watch(const fs::path& folder, std::vector<std::string> suffixes);
  /// For those who watch the run.
  void note_step() { live_step_->set(progress_.step); }
  /// In which direction the program's own metrics get better.
  void set_directions(const std::vector<std::pair<std::string, Mode>>& modes);

  /// For those who list runs: how this one stands, and what it trains to.
  void update_run_info();
  void set_length(const Until& until) { until_ = until; }

  /// How it ended; the first end counts. @throws FileError
  void finish(RunStatus status);
  void fail(const std::string& error);
  bool has_ended() const { return ended_; }

 private:
  void record_evaluations();
  void settle_files();

  const TrainerParams& params_;
  const Progress& progress_;
  const MetricBoard& metrics_;
  Until until_;
  int64_t records_ = 0;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<Run> run_;
  std::unique_ptr<CodeRecorder> code_;  // until the run ends
  std::shared_ptr<LiveStep> live_step_ = std::make_shared<LiveStep>();
  std::shared_ptr<OwnFiles> own_files_ = std::make_shared<OwnFiles>();
  std::function<void()> open_;
  fs::path folder_;
  bool ended_ = false;
};

}  // namespace thexp
