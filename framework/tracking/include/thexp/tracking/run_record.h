#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "thexp/base/clock.h"
#include "thexp/base/value.h"

namespace thexp {

/// How a run ended, or that it has not. kKilled is never written: a reader
/// concludes it (see read_run). kUnreadable: run.json cannot be read.
enum class RunStatus {
  kRunning,
  kCompleted,
  kFailed,
  kInterrupted,
  kKilled,
  kUnreadable
};

/// "running", "completed", "failed", "interrupted", "killed", "unreadable".
const char* status_name(RunStatus status);

/// What a run folder says about its run.
struct RunRecord {
  std::filesystem::path path;
  std::string experiment;
  std::string id;
  int64_t number = 0;  ///< of its experiment, from 1; 0 where it has none
  RunStatus status = RunStatus::kUnreadable;

  std::string description;
  std::string parent;  ///< the run that it goes on from, "experiment/id"; or ""
  std::string program;
  std::vector<std::string> argv;
  std::string cwd;
  std::string host;
  int64_t pid = 0;

  SystemTime start;
  std::optional<SystemTime> end;
  SystemTime heartbeat;
  /// Without the breaks; runs of earlier versions do not say it.
  std::optional<std::chrono::duration<double>> worked;
  std::chrono::duration<double> heartbeat_interval{0};
  bool is_local = false;  ///< its process was begun here and can be asked

  /// The exception's text, or what crashed the process, when the run failed.
  std::string failure;
  /// All that run.json says; null when it cannot be read.
  Value json;
  /// Why run.json cannot be read; empty when it can.
  std::string error;

  // Dicts of `json`; empty where it does not have them.
  const Value& info() const;     ///< entries of Run::set_info
  const Value& params() const;   ///< Run::set_params
  const Value& metrics() const;  ///< by tag: value, step, epoch, best, …

  /// How long processes have worked on it, until its end or its last heartbeat.
  std::chrono::duration<double> duration() const;
};

/// Reads `<path>/run.json`. A run that says "running" is kKilled when its
/// process is gone from this host, or when it was begun on another one and its
/// heartbeat is older than three of its intervals; kFailed when its process is
/// gone and noted its crash (CrashGuard).
/// @throws FileError when there is no such file, FormatError when it is broken
/// or of a newer format.
RunRecord read_run(const std::filesystem::path& path,
                   const Clock& clock = Clock::system());

/// The same of a run.json that was read before: what `path` holds may have
/// changed. @throws FormatError as read_run().
RunRecord record_from(Value json,
                      const std::filesystem::path& path,
                      const Clock& clock = Clock::system());

/// What a listing shows of a folder whose run.json cannot be read, and why.
RunRecord unreadable_record(const std::filesystem::path& path,
                            const std::string& error);

/// @throws UsageError when a process writes to the run.
void check_not_running(const RunRecord& record);

/// Of a process on another machine, or in another container, only the
/// heartbeat tells whether it lives. How long to wait for that: three of its
/// intervals after the newest one; nothing when the run has ended, or its
/// process can be asked.
std::optional<std::chrono::duration<double>> time_until_known(
    const RunRecord& record, const Clock& clock = Clock::system());

}  // namespace thexp
