// Sessions in processes of their own: what kills one leaves the drill alive.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "run.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/drill/drill_in_processes.h"
#include "thexp/trainer/interrupts.h"
#include "trace.h"

namespace thexp {
namespace {

constexpr const char* kVariable = "THEXP_DRILL_SESSION";

fs::path outcome_file(const DrillSession& session) {
  return session.folder / "outcome.json";
}

fs::path output_file(const DrillSession& session) {
  return session.folder / "output.txt";
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::string& entry) {
  std::vector<std::string> all = {entry};
  for (char** each = environ; *each != nullptr; ++each) all.push_back(*each);
  return all;
}

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void read_nothing_and_write_to(const fs::path& file) {
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, file.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions_, 1, 2);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

pid_t start(const DrillSession& session, std::vector<std::string> argv) {
  fs::path file = session.folder / "session.json";
  write_file_atomic(file, session.to_value().to_json());
  std::vector<std::string> environment =
      environment_with(fmt::format("{}={}", kVariable, file.string()));
  SpawnActions actions;
  actions.read_nothing_and_write_to(output_file(session));
  pid_t pid = -1;
  int error = posix_spawn(&pid, "/proc/self/exe", actions.get(), nullptr,
                          pointers(argv).data(), pointers(environment).data());
  if (error != 0) {
    throw FileError::system("start this program again", "/proc/self/exe",
                            error);
  }
  return pid;
}

// The status that waitpid gives; nothing when the time was over first.
std::optional<int> wait_for(pid_t pid, double seconds) {
  auto now = [] { return std::chrono::steady_clock::now(); };
  auto end = now() + std::chrono::duration<double>(seconds);
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (now() >= end || noted_interrupt() != 0) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return std::nullopt;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return status;
}

std::string last_line(const fs::path& file) {
  if (!fs::exists(file)) return "";
  std::string last;
  for (const std::string& line : split(read_file(file), '\n')) {
    if (!trim(line).empty()) last = trim(line);
  }
  return last.empty() ? "" : fmt::format(" (its last line: {})", last);
}

DrillOutcome died_of(int signal, const DrillSession& session) {
  std::vector<TraceStep> trace = read_trace(session.trace_file());
  std::int64_t step = trace.empty() ? 0 : trace.back().step;
  DrillOutcome outcome;
  outcome.killed =
      signal == SIGKILL && session.kill_after > 0 && step == session.kill_after;
  if (outcome.killed) return outcome;
  outcome.error =
      fmt::format("the process died of signal {} ({}) after step {}{}", signal,
                  strsignal(signal), step, last_line(output_file(session)));
  return outcome;
}

DrillOutcome exited_with(int code, const DrillSession& session) {
  fs::path file = outcome_file(session);
  if (fs::exists(file)) {
    return DrillOutcome::from_value(
        Value::from_json(read_file(file), file.string()));
  }
  DrillOutcome outcome;
  outcome.error = fmt::format("the process ended by itself with exit code {}{}",
                              code, last_line(output_file(session)));
  return outcome;
}

}  // namespace

DrillOutcome run_in_process(const DrillSession& session,
                            double seconds,
                            const std::vector<std::string>& argv) {
  std::optional<int> status = wait_for(start(session, argv), seconds);
  if (noted_interrupt() != 0) throw Error("the drill was interrupted");
  if (!status) {
    DrillOutcome outcome;
    outcome.timed_out = true;
    return outcome;
  }
  if (WIFSIGNALED(*status)) return died_of(WTERMSIG(*status), session);
  return exited_with(WEXITSTATUS(*status), session);
}

DrillReport drill_in_processes(const std::vector<std::string>& argv,
                               const DrillOptions& options) {
  auto runner = [&](const DrillSession& session, double seconds) {
    return run_in_process(session, seconds, argv);
  };
  return run_drill(runner, /*own_processes=*/true, options);
}

bool is_drill_process() { return std::getenv(kVariable) != nullptr; }

void perform_drill_session(const TrainerFactory& make_trainer) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no drill, no session
  std::string file = std::getenv(kVariable);
  DrillSession session =
      DrillSession::from_value(Value::from_json(read_file(file), file));
  DrillOutcome outcome = perform_session(session, make_trainer);
  write_file_atomic(outcome_file(session), outcome.to_value().to_json());
}

}  // namespace thexp
