#include "thexp/tracking/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "machine.h"
#include "process.h"
#include "run_id.h"
#include "run_json.h"
#include "run_number.h"
#include "run_writer.h"
#include "thexp/base/error.h"
#include "thexp/tracking/home.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

constexpr const char* kSubfolders[] = {"checkpoints", "keypoints", "models"};

Value list_of(const std::vector<std::string>& texts) {
  return Value::List(texts.begin(), texts.end());
}

void check_options(const RunOptions& options) {
  if (options.heartbeat().count() > 0) return;
  throw UsageError(
      fmt::format("the heartbeat interval of a run is {} ms; it must be "
                  "positive",
                  options.heartbeat().count()));
}

Value new_run(const RunOptions& options) {
  Value json = Value::Dict{{run_json::kFormat, run_json::kFormatVersion}};
  json[run_json::kId] = nullptr;
  json[run_json::kExperiment] = options.experiment();
  json[run_json::kNumber] = nullptr;
  json[run_json::kDescription] = options.description();
  json[run_json::kProgram] = nullptr;
  json[run_json::kArgv] = nullptr;
  json[run_json::kSeconds] = 0.0;
  if (options.parent().empty()) {
    json[run_json::kParent] = nullptr;
  } else {
    json[run_json::kParent] = options.parent();
  }
  json[run_json::kContinued] = Value::List{};
  json[run_json::kInfo] = Value::Dict{};
  return json;
}

Value with(Value known, const Value::Dict& more) {
  for (const auto& [key, value] : more) known[key] = value;
  return known;
}

// Who runs it, and on what; of a run that is continued, who does now.
void set_machine(Value& json, const RunOptions& options) {
  std::vector<std::string> patterns = common_environment();
  patterns.insert(patterns.end(), options.environment().begin(),
                  options.environment().end());
  json[run_json::kUser] = user_name();
  json[run_json::kVersions] = with(versions_here(), options.versions());
  json[run_json::kHardware] = with(hardware_here(), options.hardware());
  json[run_json::kEnvironment] = environment_here(patterns);
}

// "runs/mnist/ID/", as shells complete it, and "." have no name at their end.
fs::path without_end(const fs::path& path) {
  fs::path name = path.filename();
  if (!name.empty() && name != "." && name != "..") return path;
  fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

// So that the tool finds the run from anywhere. It is no reason not to train.
void note_in_home(Value& json, const fs::path& folder) {
  Value::Dict& entries = json.as_dict();
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [](const Value::Entry& entry) {
                                 return entry.first == run_json::kNotInHome;
                               }),
                entries.end());
  try {
    note_known_run({json.at(run_json::kExperiment).as_text(),
                    json.at(run_json::kId).as_text(),
                    fs::absolute(folder).lexically_normal()});
  } catch (const Error& error) {
    json[run_json::kNotInHome] = error.what();
  }
}

void set_argv(Value& json, const std::vector<std::string>& argv) {
  json[run_json::kProgram] =
      argv.empty() ? "" : fs::path(argv[0]).filename().string();
  json[run_json::kArgv] = list_of(argv);
}

// This process writes the run from now on.
void set_owner(Value& json, const RunOptions& options) {
  json[run_json::kCwd] = fs::current_path().string();
  json[run_json::kHost] = host_name();
  json[run_json::kPid] = process_id();
  json[run_json::kProcessStart] = process_start(process_id());
  json[run_json::kNamespace] = process_namespace();
  json[run_json::kStatus] = status_name(RunStatus::kRunning);
  json[run_json::kEnd] = nullptr;
  json[run_json::kError] = nullptr;
  json[run_json::kHeartbeatInterval] =
      std::chrono::duration<double>(options.heartbeat()).count();
}

void make_subfolders(const fs::path& folder) {
  for (const char* name : kSubfolders) make_directories(folder / name);
}

}  // namespace

void check_not_running(const RunRecord& record) {
  if (record.status != RunStatus::kRunning) return;
  throw UsageError(fmt::format(
      "run '{}' cannot be opened: process {} on {} is writing to it",
      record.path.string(), record.pid, record.host));
}

std::unique_ptr<Run> Run::create(const RunOptions& options) {
  check_experiment_name(options.experiment());
  check_options(options);
  SystemTime start = options.clock().now();
  fs::path root = workspace_path(options.workspace());
  fs::path folder = make_run_folder(root / options.experiment(), start);
  Value json = new_run(options);
  json[run_json::kId] = folder.filename().string();
  json[run_json::kNumber] = next_run_number(root / options.experiment());
  json[run_json::kStart] = iso8601(start);
  set_argv(json, options.argv());
  set_owner(json, options);
  set_machine(json, options);
  note_in_home(json, folder);
  auto lock = std::make_unique<RunLock>(folder);
  make_subfolders(folder);
  auto writer = std::make_unique<Writer>(std::move(lock), folder,
                                         std::move(json), options);
  return std::unique_ptr<Run>(new Run(std::move(writer)));
}

std::unique_ptr<Run> Run::open(const fs::path& given,
                               const RunOptions& options) {
  const fs::path path = without_end(given);
  check_options(options);
  check_not_running(read_run(path, options.clock()));  // it names the process
  auto lock = std::make_unique<RunLock>(path);
  check_not_running(read_run(path, options.clock()));
  if (options.before_writing()) options.before_writing()();
  fs::path file = path / run_json::kFileName;
  Value json = Value::from_json(read_file(file), file.string());
  json[run_json::kSeconds] = read_run(path, options.clock()).duration().count();
  Value now = iso8601(options.clock().now());
  json[run_json::kContinued].as_list().push_back(std::move(now));
  if (!options.argv().empty()) set_argv(json, options.argv());
  set_owner(json, options);
  set_machine(json, options);
  note_in_home(json, path);
  make_subfolders(path);
  auto writer =
      std::make_unique<Writer>(std::move(lock), path, std::move(json), options);
  return std::unique_ptr<Run>(new Run(std::move(writer)));
}

Run::Run(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}

Run::~Run() = default;

const fs::path& Run::path() const { return writer_->folder(); }
const std::string& Run::id() const { return writer_->id(); }
const std::string& Run::experiment() const { return writer_->experiment(); }
int64_t Run::number() const { return writer_->number(); }
fs::path Run::console_log() const { return path() / "console.log"; }
fs::path Run::params_file() const { return path() / "params.yaml"; }
fs::path Run::checkpoints() const { return path() / "checkpoints"; }
fs::path Run::keypoints() const { return path() / "keypoints"; }
fs::path Run::models() const { return path() / "models"; }

MetricStore& Run::metrics() { return writer_->metrics(); }

void Run::write_params(const std::string& yaml) {
  write_file_atomic(params_file(), yaml);
}

void Run::set_params(Value params) {
  writer_->set(run_json::kParams, std::move(params));
}

void Run::set_code(Value code) {
  writer_->set(run_json::kCode, std::move(code));
}

fs::path Run::watch(const fs::path& folder, std::vector<std::string> suffixes) {
  fs::path watched = path() / folder;  // an absolute one stays as it is
  make_directories(watched);
  writer_->watch(watched, std::move(suffixes));
  return watched;
}

void Run::set_info(const std::string& key, Value value) {
  writer_->set_info(key, std::move(value));
}

void Run::flush() { writer_->flush(); }

std::chrono::duration<double> Run::duration() const {
  return writer_->duration();
}

std::string Run::write_error() const { return writer_->error(); }

void Run::finish(RunStatus status) {
  bool is_end =
      status == RunStatus::kCompleted || status == RunStatus::kInterrupted;
  if (!is_end) {
    throw UsageError(
        fmt::format("Run::finish({}): a run finishes as completed or "
                    "interrupted; fail() records an error",
                    status_name(status)));
  }
  writer_->end(status, nullptr);
}

void Run::fail(const std::string& error_text) {
  writer_->end(RunStatus::kFailed, error_text);
}

}  // namespace thexp
