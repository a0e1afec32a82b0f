#pragma once

#include <cstdint>

// The names in run.json.
namespace thexp::run_json {

constexpr const char* kFileName = "run.json";
constexpr int64_t kFormatVersion = 1;

constexpr const char* kFormat = "format";
constexpr const char* kId = "id";
constexpr const char* kExperiment = "experiment";
constexpr const char* kDescription = "description";
constexpr const char* kProgram = "program";
constexpr const char* kArgv = "argv";
constexpr const char* kCwd = "cwd";
constexpr const char* kHost = "host";
constexpr const char* kPid = "pid";
constexpr const char* kProcessStart = "process_start";
constexpr const char* kNamespace = "pid_namespace";
constexpr const char* kStart = "start";
constexpr const char* kEnd = "end";
constexpr const char* kSeconds = "seconds";
constexpr const char* kStatus = "status";
constexpr const char* kHeartbeat = "heartbeat";
constexpr const char* kHeartbeatInterval = "heartbeat_interval";
constexpr const char* kError = "error";
constexpr const char* kParent = "parent";
constexpr const char* kContinued = "continued";
constexpr const char* kInfo = "info";
constexpr const char* kNumber = "number";
constexpr const char* kUser = "user";
constexpr const char* kParams = "params";
constexpr const char* kMetrics = "metrics";
constexpr const char* kCode = "code";
constexpr const char* kVersions = "versions";
constexpr const char* kHardware = "hardware";
constexpr const char* kEnvironment = "environment";
constexpr const char* kFiles = "files";
constexpr const char* kNotInHome = "not_in_home";

}  // namespace thexp::run_json
