#include "run_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "quiet_thread.h"
#include "run_json.h"
#include "thexp/base/error.h"
#include "time_text.h"

namespace thexp {
namespace {

constexpr std::chrono::milliseconds kMetricsInterval{1000};

std::unique_ptr<EventFile> event_file(const fs::path& folder,
                                      const RunOptions& options) {
  if (!options.tensorboard()) return nullptr;
  return std::make_unique<EventFile>(folder, options.clock());
}

int64_t number_in(const Value& json) {
  const Value* number = json.find(run_json::kNumber);
  return number != nullptr && !number->is_null() ? number->as_integer() : 0;
}

const Value& summary_in(const Value& json) {
  static const Value kNone;
  const Value* summary = json.find(run_json::kMetrics);
  return summary != nullptr ? *summary : kNone;
}

}  // namespace

Run::Writer::Writer(std::unique_ptr<RunLock> lock,
                    fs::path folder,
                    Value json,
                    const RunOptions& options)
    : lock_(std::move(lock)),
      folder_(std::move(folder)),
      id_(json.at(run_json::kId).as_text()),
      experiment_(json.at(run_json::kExperiment).as_text()),
      number_(number_in(json)),
      interval_(options.heartbeat()),
      clock_(options.clock()),
      worked_before_(json.at(run_json::kSeconds).as_real()),
      begin_(clock_.steady()),
      metrics_(folder_ / "metrics.jsonl",
               event_file(folder_, options),
               summary_in(json)),
      files_(folder_, parse_iso8601(json.at(run_json::kStart).as_text())),
      json_(std::move(json)) {
  remove_file(folder_ / kCrashNote);  // of a process before
  crash_.emplace(folder_);
  write_json();
  thread_ = start_quiet_thread([this] { run(); });
  files_thread_ = start_quiet_thread([this] { run_files(); });
}

Run::Writer::~Writer() {
  try {
    if (!ended_) {
      end(RunStatus::kFailed,
          "the run ended without finish() or fail(): an exception passed, or "
          "the call was forgotten");
    }
  } catch (const std::exception&) {
    // A destructor cannot report. Readers find the run killed: its process
    // will be gone.
  }
  stop();
}

void Run::Writer::set_info(const std::string& key, Value value) {
  std::lock_guard<std::mutex> lock(mutex_);
  json_[run_json::kInfo][key] = std::move(value);
  changed_ = true;
}

void Run::Writer::set(const char* key, Value value) {
  std::lock_guard<std::mutex> lock(mutex_);
  json_[key] = std::move(value);
  changed_ = true;
}

void Run::Writer::watch(const fs::path& folder,
                        std::vector<std::string> suffixes) {
  WatchedFolder watched(folder, std::move(suffixes));  // looks what is there
  std::lock_guard<std::mutex> lock(mutex_);
  watched_.push_back(std::move(watched));
}

// run.json tells how the run goes, whatever becomes of its metrics.
void Run::Writer::flush() {
  if (ended_) return;  // all is written
  std::exception_ptr problem;
  try {
    metrics_.flush();
  } catch (const FileError&) {
    problem = std::current_exception();
  }
  write_json();
  if (problem) std::rethrow_exception(problem);
}

std::string Run::Writer::error() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return errors_.empty() ? "" : errors_.begin()->second;
}

std::chrono::duration<double> Run::Writer::duration() const {
  return worked_before_ + (clock_.steady() - begin_);
}

void Run::Writer::end(RunStatus status, const Value& error) {
  if (ended_) throw UsageError("run '" + id_ + "' has ended already");
  stop();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    json_[run_json::kStatus] = status_name(status);
    json_[run_json::kEnd] = iso8601(clock_.now());
    json_[run_json::kError] = error;
  }
  flush();
  update_files(true);
  write_json();
  ended_ = true;
  crash_.reset();
  lock_.reset();
}

void Run::Writer::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread* thread : {&thread_, &files_thread_}) {
    if (thread->joinable()) thread->join();
  }
}

void Run::Writer::run() {
  auto next_beat = Steady::now() + interval_;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!wake_.wait_for(lock, tick(), [this] { return stopping_; })) {
    bool beat = Steady::now() >= next_beat;
    bool renew = beat || changed_;
    lock.unlock();
    write_in_background(renew);
    if (beat) next_beat = Steady::now() + interval_;
    lock.lock();
  }
}

void Run::Writer::run_files() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    note_error("files", [this] { update_files(false); });
    lock.lock();
  }
}

std::chrono::milliseconds Run::Writer::tick() const {
  return std::min(interval_, kMetricsInterval);
}

// Metrics and run.json stay as they are in memory when this fails, and the
// next tick tries again.
void Run::Writer::write_in_background(bool renew) {
  note_error("metrics", [this] { metrics_.flush(); });
  if (renew) note_error("run.json", [this] { write_json(); });
}

// One that cannot be written keeps no other from being written.
void Run::Writer::note_error(const char* what,
                             const std::function<void()>& write) {
  std::string error;
  try {
    write();
  } catch (const std::exception& problem) {
    error = problem.what();
  }
  std::lock_guard<std::mutex> lock(mutex_);
  errors_.erase(what);
  if (error.empty()) return;
  changed_ = true;
  errors_[what] = std::move(error);
}

void Run::Writer::update_files(bool is_end) {
  lock_->require_in_place();
  std::vector<WatchedFolder> watched;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    std::swap(watched, watched_);
  }
  for (WatchedFolder& folder : watched) files_.watch(std::move(folder));
  files_.update(is_end);
  if (files_.has_changed()) files_.write();
  std::lock_guard<std::mutex> lock(mutex_);
  json_[run_json::kFiles] = files_.summary();
}

// A run that was removed while it goes on is not made anew: what is left of it
// in memory would pass for the whole.
void Run::Writer::write_json() {
  std::lock_guard<std::mutex> lock(file_mutex_);
  lock_->require_in_place();
  std::string text = snapshot().to_json(2) + "\n";
  write_file_atomic(folder_ / run_json::kFileName, text);
}

Value Run::Writer::snapshot() {
  std::lock_guard<std::mutex> lock(mutex_);
  json_[run_json::kHeartbeat] = iso8601(clock_.now());
  json_[run_json::kSeconds] = duration().count();
  json_[run_json::kMetrics] = metrics_.summary();
  changed_ = false;
  return json_;
}

}  // namespace thexp
