#include "thexp/tracking/run_record.h"

#include <fmt/format.h>

#include <utility>

#include "crash_slot.h"
#include "process.h"
#include "run_id.h"
#include "run_json.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "time_text.h"

namespace thexp {
namespace {

constexpr RunStatus kWritten[] = {RunStatus::kRunning, RunStatus::kCompleted,
                                  RunStatus::kFailed, RunStatus::kInterrupted};

RunStatus parse_status(const std::string& name) {
  for (RunStatus status : kWritten) {
    if (name == status_name(status)) return status;
  }
  throw FormatError(
      fmt::format("the status '{}' is none of running, completed,"
                  " failed, interrupted",
                  name));
}

void check_format(const Value& json) {
  int64_t format = json.at(run_json::kFormat).as_integer();
  if (format == run_json::kFormatVersion) return;
  throw FormatError(
      fmt::format("the format version is {}, but this program reads version {}",
                  format, run_json::kFormatVersion));
}

// After so long without one.
std::chrono::duration<double> patience(const RunRecord& record) {
  return 3 * record.heartbeat_interval;
}

// A process of this machine is there or not, also one that was stopped for a
// while. Of one on another machine only the heartbeat is known.
bool seems_dead(const Value& json,
                const RunRecord& record,
                const Clock& clock) {
  if (record.is_local) {
    const Value& start = json.at(run_json::kProcessStart);
    return !process_exists(record.pid, start.as_text());
  }
  return clock.now() - record.heartbeat > patience(record);
}

void read_process(const Value& json, RunRecord& record) {
  record.host = json.at(run_json::kHost).as_text();
  record.pid = json.at(run_json::kPid).as_integer();
  record.is_local =
      record.host == host_name() &&
      json.at(run_json::kNamespace).as_text() == process_namespace();
  record.heartbeat_interval = std::chrono::duration<double>(
      json.at(run_json::kHeartbeatInterval).as_real());
}

void read_times(const Value& json, RunRecord& record) {
  record.start = parse_iso8601(json.at(run_json::kStart).as_text());
  record.heartbeat = parse_iso8601(json.at(run_json::kHeartbeat).as_text());
  const Value& end = json.at(run_json::kEnd);
  if (!end.is_null()) record.end = parse_iso8601(end.as_text());
  const Value* seconds = json.find(run_json::kSeconds);
  if (seconds != nullptr) {
    record.worked = std::chrono::duration<double>(seconds->as_real());
  }
}

RunRecord parse(Value whole, const fs::path& path, const Clock& clock) {
  check_format(whole);
  RunRecord record;
  record.path = path;
  record.json = std::move(whole);
  const Value& json = record.json;
  record.experiment = json.at(run_json::kExperiment).as_text();
  record.id = json.at(run_json::kId).as_text();
  record.status = parse_status(json.at(run_json::kStatus).as_text());
  record.description = json.at(run_json::kDescription).as_text();
  const Value& parent = json.at(run_json::kParent);
  if (!parent.is_null()) record.parent = parent.as_text();
  record.program = json.at(run_json::kProgram).as_text();
  for (const Value& argument : json.at(run_json::kArgv).as_list()) {
    record.argv.push_back(argument.as_text());
  }
  record.cwd = json.at(run_json::kCwd).as_text();
  read_process(json, record);
  read_times(json, record);
  const Value& failure = json.at(run_json::kError);
  if (!failure.is_null()) record.failure = failure.as_text();
  json.at(run_json::kInfo).as_dict();
  const Value* number = json.find(run_json::kNumber);
  if (number != nullptr && !number->is_null()) {
    record.number = number->as_integer();
  }
  json.at(run_json::kContinued).as_list();  // Run::open() adds to it
  bool dead =
      record.status == RunStatus::kRunning && seems_dead(json, record, clock);
  if (dead) record.status = RunStatus::kKilled;
  if (dead && fs::exists(path / kCrashNote)) {
    record.status = RunStatus::kFailed;
    record.failure = read_file(path / kCrashNote);
  }
  return record;
}

const Value& dict_of(const Value& json, const char* key) {
  static const Value kNone = Value::Dict{};
  const Value* found = json.find(key);
  return found != nullptr && found->is_dict() ? *found : kNone;
}

}  // namespace

const char* status_name(RunStatus status) {
  constexpr const char* kNames[] = {"running",     "completed", "failed",
                                    "interrupted", "killed",    "unreadable"};
  return kNames[static_cast<int>(status)];
}

const Value& RunRecord::info() const { return dict_of(json, run_json::kInfo); }

const Value& RunRecord::params() const {
  return dict_of(json, run_json::kParams);
}

const Value& RunRecord::metrics() const {
  return dict_of(json, run_json::kMetrics);
}

std::chrono::duration<double> RunRecord::duration() const {
  return worked ? *worked : end.value_or(heartbeat) - start;
}

RunRecord unreadable_record(const fs::path& path, const std::string& error) {
  RunRecord record;
  record.path = path;
  record.experiment = path.parent_path().filename().string();
  record.id = path.filename().string();
  record.start = time_in_run_id(record.id);
  record.error = error;
  return record;
}

std::optional<std::chrono::duration<double>> time_until_known(
    const RunRecord& record, const Clock& clock) {
  if (record.status != RunStatus::kRunning || record.is_local) {
    return std::nullopt;
  }
  return patience(record) - (clock.now() - record.heartbeat);
}

RunRecord read_run(const fs::path& path, const Clock& clock) {
  fs::path file = path / run_json::kFileName;
  return record_from(Value::from_json(read_file(file), file.string()), path,
                     clock);
}

RunRecord record_from(Value json, const fs::path& path, const Clock& clock) {
  fs::path file = path / run_json::kFileName;
  try {
    return parse(std::move(json), path, clock);
  } catch (const Error& error) {
    throw FormatError::in_file(file, error.what());
  }
}

}  // namespace thexp
