#include "run_recorder.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "length.h"
#include "thexp/base/error.h"
#include "timeline.h"

namespace thexp {
namespace {

Level level_called(const std::string& name) {
  if (name == "debug") return Level::kDebug;
  if (name == "warn") return Level::kWarn;
  return name == "error" ? Level::kError : Level::kInfo;
}

// The epoch to which the newest step belongs, counted from 1.
int64_t epoch_of(const Progress& at) {
  return at.epoch + (at.batch > 0 ? 1 : 0);
}

}  // namespace

Logger& RunRecorder::logger() {
  if (logger_ == nullptr) {
    logger_ =
        std::make_unique<Logger>(LoggerOptions()
                                     .console(*params_.log_console)
                                     .takes_output(true)
                                     .level(level_called(*params_.log_level)));
  }
  return *logger_;
}

void RunRecorder::open(std::unique_ptr<Run> run) {
  run_ = std::move(run);
  std::chrono::duration<double> interval(*params_.log_frame_every);
  logger().add_sink(make_file_sink(
      run_->console_log(),
      FileSinkOptions().marked_frames(
          std::chrono::ceil<std::chrono::milliseconds>(interval))));
  logger().add_sink(make_live_sink(run_->path(), live_step_));
  if (!records_code(params_) || *params_.fast_dev_run) return;
  code_ = std::make_unique<CodeRecorder>(*run_, *params_.record_sources);
}

void RunRecorder::open_later(fs::path folder, std::function<void()> open) {
  folder_ = std::move(folder);
  open_ = std::move(open);
}

const fs::path& RunRecorder::folder() { return open_ ? folder_ : run().path(); }

Run& RunRecorder::run() {
  if (open_) std::exchange(open_, nullptr)();
  if (run_ != nullptr) return *run_;
  throw UsageError(
      "the run that is continued is not open during set-up: it stays as it is "
      "until everything is known to fit; use it from on_train_begin() on");
}

AppendFile& RunRecorder::own_file(const std::string& name) {
  return own_files_->open(run().path(), name);
}

void RunRecorder::record(const std::string& name, double value) {
  run().metrics().record(name, value, progress_.step, epoch_of(progress_));
  ++records_;
}

void RunRecorder::record(const std::string& name, Value value) {
  run().metrics().record(name, std::move(value), progress_.step,
                         epoch_of(progress_));
  ++records_;
}

Value RunRecorder::file_lengths() {
  bool log_is_whole = logger().deliver(std::chrono::seconds(1));
  run().metrics().flush();
  return Timeline(run().path(), own_files_->names()).lengths(log_is_whole);
}

void RunRecorder::update_run_info() {
  run().set_info("epoch", progress_.epoch);
  run().set_info("epochs", length_value(until_.epochs));
  run().set_info("step", progress_.step);
  run().set_info("steps", length_value(until_.steps));
  record_evaluations();
}

// Those that no callback has recorded.
void RunRecorder::record_evaluations() {
  const Value known = run().metrics().summary();
  for (Phase phase : {Phase::kEval, Phase::kTest}) {
    if (!metrics_.is_of_this_step(phase)) continue;
    for (const auto& [key, value] : metrics_.of(phase).values()) {
      std::string name = fmt::format("{}/{}", phase_name(phase), key);
      const Value* newest = known.find(name);
      bool is_known =
          newest != nullptr && newest->at("step") == Value(progress_.step);
      if (!is_known) record(name, value);
    }
  }
}

fs::path RunRecorder::watch(const fs::path& folder,
                            std::vector<std::string> suffixes) {
  return run().watch(folder, std::move(suffixes));
}

void RunRecorder::set_directions(
    const std::vector<std::pair<std::string, Mode>>& modes) {
  for (const auto& [name, mode] : modes) run().metrics().set_mode(name, mode);
}

// What other threads still write is there, and nothing is live any more.
void RunRecorder::settle_files() {
  code_.reset();
  logger().deliver(std::chrono::seconds(1));
  std::error_code absent;
  fs::remove(run_->path() / kLiveFile, absent);
}

void RunRecorder::finish(RunStatus status) {
  if (run_ == nullptr || ended_) return;
  settle_files();
  run_->finish(status);
  ended_ = true;
  logger().flush();
}

void RunRecorder::fail(const std::string& error) {
  if (run_ == nullptr || ended_) return;
  ended_ = true;
  settle_files();
  try {
    run_->fail(error);
  } catch (const FileError& second) {
    // What failed first is what the caller throws on.
    logger().error("nor could the run be recorded", second.what());
  }
  logger().flush();
}

}  // namespace thexp
