#include "records.h"

#include <nlohmann/json.hpp>

#include "thexp/base/text.h"

namespace thexp {

// The program that reads a record is the one that wrote it: all fields are
// there.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(
    DrillResult, name, verdict, reason, hint, seconds)

namespace detail {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DrillSession,
                                   kind,
                                   folder,
                                   workspace,
                                   state,
                                   steps,
                                   kill_after,
                                   resume,
                                   other_workers,
                                   own_process,
                                   seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(
    TrainFacts, first_step, last_step, workers, stop_reason, device)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DrillOutcome, end, error, train, results)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TraceStep, step, epoch, batch, metrics)

namespace {

// A user's message may be anything, not only UTF-8.
std::string to_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void write_session(const fs::path& file, const DrillSession& session) {
  write_file_atomic(file, to_text(session));
}

DrillSession read_session(const fs::path& file) {
  return nlohmann::json::parse(read_file(file));
}

void write_outcome(const fs::path& file, const DrillOutcome& outcome) {
  write_file_atomic(file, to_text(outcome));
}

DrillOutcome read_outcome(const fs::path& file) {
  return nlohmann::json::parse(read_file(file));
}

void append_trace(const fs::path& file, const TraceStep& step) {
  AppendFile(file).append(to_text(step) + "\n");
}

std::vector<TraceStep> read_trace(const fs::path& file) {
  std::vector<TraceStep> steps;
  if (!fs::exists(file)) return steps;
  std::vector<std::string> lines = split(read_file(file), '\n');
  lines.pop_back();  // what follows the last newline
  for (const std::string& line : lines) {
    steps.push_back(nlohmann::json::parse(line));
  }
  return steps;
}

}  // namespace detail
}  // namespace thexp
