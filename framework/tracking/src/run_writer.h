#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "crash_slot.h"
#include "file_list.h"
#include "run_lock.h"
#include "thexp/base/clock.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/tracking/metric_store.h"
#include "thexp/tracking/run.h"

namespace thexp {

// The files of a run that change while it goes on, and the thread that renews
// them. The lock of the content is never held while a file is written.
class Run::Writer {
 public:
  Writer(std::unique_ptr<RunLock> lock,
         fs::path folder,
         Value json,
         const RunOptions& options);
  ~Writer();

  const fs::path& folder() const { return folder_; }
  const std::string& id() const { return id_; }
  const std::string& experiment() const { return experiment_; }
  MetricStore& metrics() { return metrics_; }

  int64_t number() const { return number_; }
  void set(const char* key, Value value);
  void watch(const fs::path& folder, std::vector<std::string> suffixes);
  void set_info(const std::string& key, Value value);
  void flush();
  std::string error() const;
  std::chrono::duration<double> duration() const;
  void end(RunStatus status, const Value& error);

 private:
  using Steady = std::chrono::steady_clock;

  void run();
  void run_files();
  void write_in_background(bool renew);
  void update_files(bool is_end);
  void note_error(const char* what, const std::function<void()>& write);
  void write_json();
  Value snapshot();
  void stop();
  std::chrono::milliseconds tick() const;

  std::unique_ptr<RunLock> lock_;  // until the end
  const fs::path folder_;
  const std::string id_;
  const std::string experiment_;
  const int64_t number_;
  const std::chrono::milliseconds interval_;
  const Clock& clock_;
  const std::chrono::duration<double> worked_before_;
  const SteadyTime begin_;
  MetricStore metrics_;
  std::optional<CrashSlot> crash_;

  FileList files_;  // of files_thread_, and of end()

  std::mutex file_mutex_;  // of run.json; taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Value json_;
  std::vector<WatchedFolder> watched_;         // not in files_ yet
  std::map<std::string, std::string> errors_;  // by what could not be written
  bool changed_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  std::thread thread_;
  std::thread files_thread_;  // reading large files must delay nothing else
};

}  // namespace thexp
