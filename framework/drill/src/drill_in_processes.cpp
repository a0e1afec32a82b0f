// Sessions in processes of their own: what kills one leaves the drill alive.
#include "thexp/drill/drill_in_processes.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "records.h"
#include "run_drill.h"
#include "thexp/base/error.h"
#include "thexp/base/process.h"
#include "thexp/base/text.h"
#include "thexp/trainer/interrupts.h"

namespace thexp {
namespace {

using detail::DrillOutcome;
using detail::DrillSession;
using detail::TraceStep;

constexpr const char* kVariable = "THEXP_DRILL_SESSION";

fs::path session_file(const DrillSession& session) {
  return session.folder / "session.json";
}

fs::path outcome_file(const fs::path& session_file) {
  return session_file.parent_path() / "outcome.json";
}

fs::path output_file(const DrillSession& session) {
  return session.folder / "output.txt";
}

Process start(const DrillSession& session,
              const std::vector<std::string>& argv) {
  detail::write_session(session_file(session), session);
  return Process(ProcessOptions(argv)
                     .program("/proc/self/exe")
                     .environment(kVariable, session_file(session))
                     .output_file(output_file(session))
                     .errors_to_output(true));
}

// Nothing when the time was over first. @throws Error at an interrupt.
std::optional<ProcessEnd> wait_for(Process& process, double seconds) {
  constexpr std::chrono::milliseconds kBetweenLooks{20};
  auto now = [] { return std::chrono::steady_clock::now(); };
  const auto deadline = now() + std::chrono::duration<double>(seconds);
  std::optional<ProcessEnd> end;
  while (!end && now() < deadline && noted_interrupt() == 0) {
    end = process.wait_for(kBetweenLooks);
  }
  if (noted_interrupt() != 0) throw Error("the drill was interrupted");
  return end;
}

std::string last_line(const fs::path& file) {
  if (!fs::exists(file)) return "";
  std::string last;
  for (const std::string& line : split(read_file(file), '\n')) {
    if (!trim(line).empty()) last = trim(line);
  }
  return last.empty() ? "" : fmt::format(" (its last line: {})", last);
}

DrillOutcome failed(const std::string& how, const DrillSession& session) {
  return DrillOutcome::ended_early(
      DrillOutcome::End::kError,
      fmt::format("the process {}{}", how, last_line(output_file(session))));
}

DrillOutcome died(const ProcessEnd& end, const DrillSession& session) {
  std::vector<TraceStep> trace = detail::read_trace(session.trace_file());
  int64_t step = trace.empty() ? 0 : trace.back().step;
  bool meant = end.signal == SIGKILL && session.kill_after > 0 &&
               step == session.kill_after;
  if (meant) return DrillOutcome::ended_early(DrillOutcome::End::kKilled);
  return failed(fmt::format("died of {} after step {}", end.to_string(), step),
                session);
}

DrillOutcome exited(const ProcessEnd& end, const DrillSession& session) {
  fs::path file = outcome_file(session_file(session));
  if (fs::exists(file)) return detail::read_outcome(file);
  return failed("ended by itself with " + end.to_string(), session);
}

DrillOutcome run_session(const DrillSession& session,
                         double seconds,
                         const std::vector<std::string>& argv) {
  Process process = start(session, argv);
  std::optional<ProcessEnd> end = wait_for(process, seconds);
  if (!end) return DrillOutcome::ended_early(DrillOutcome::End::kTimeout);
  return end->signal == 0 ? exited(*end, session) : died(*end, session);
}

}  // namespace

DrillReport drill_in_processes(const std::vector<std::string>& argv,
                               const DrillOptions& options) {
  auto runner = [&](const DrillSession& session, double seconds) {
    return run_session(session, seconds, argv);
  };
  return detail::run_drill(runner, /*own_processes=*/true, options);
}

bool is_drill_process() { return std::getenv(kVariable) != nullptr; }

void perform_drill_session(const TrainerFactory& make_trainer) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a session does not outlive its drill
  const fs::path file = std::getenv(kVariable);
  detail::write_outcome(
      outcome_file(file),
      detail::perform_session(detail::read_session(file), make_trainer));
}

}  // namespace thexp
