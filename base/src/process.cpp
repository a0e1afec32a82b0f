#include "thexp/base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

Descriptor open_for(const std::string& program,
                    const char* purpose,
                    const fs::path& path,
                    int flags) {
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (number < 0 && errno == EINTR);
  // The child's standard streams are put in their places one after the other.
  Descriptor opened = above_standard(number);
  if (opened.is_open()) return opened;
  throw FileError::system(
      fmt::format("cannot start '{}': cannot open its {}", program, purpose),
      path, errno);
}

// What the child's standard streams and working folder become.
struct Places {
  Descriptor input, output, errors, folder;
  Descriptor our_end;  // of the pipe
};

void make_pipe(const std::string& program, Places& places) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    places.our_end = above_standard(ends[0]);
    places.output = above_standard(ends[1]);
  }
  if (places.our_end.is_open() && places.output.is_open()) return;
  throw FileError::system("cannot make a pipe for", program, errno);
}

Places open_places(const ProcessOptions& options) {
  constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;
  const std::string& program = options.program();
  Places places;
  places.input = open_for(program, "input", "/dev/null", O_RDONLY);
  if (options.pipe_output()) make_pipe(program, places);
  if (!options.output_file().empty()) {
    places.output =
        open_for(program, "output file", options.output_file(), kAppend);
  }
  if (!options.error_file().empty()) {
    places.errors =
        open_for(program, "error file", options.error_file(), kAppend);
  }
  if (!options.working_folder().empty()) {
    places.folder = open_for(program, "working folder",
                             options.working_folder(), O_PATH | O_DIRECTORY);
  }
  return places;
}

// What the new process does before it becomes the program.
class SpawnActions {
 public:
  SpawnActions(const Places& places, bool errors_to_output) {
    posix_spawn_file_actions_init(&actions_);
    put(places.input, STDIN_FILENO);
    put(places.output, STDOUT_FILENO);
    put(places.errors, STDERR_FILENO);
    if (errors_to_output) {
      posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    }
    if (places.folder.is_open()) {
      posix_spawn_file_actions_addfchdir_np(&actions_, places.folder.get());
    }
  }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void put(const Descriptor& from, int place) {
    if (!from.is_open()) return;
    posix_spawn_file_actions_adddup2(&actions_, from.get(), place);
  }

  posix_spawn_file_actions_t actions_;
};

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    std::string entry = *each;
    std::string name = entry.substr(0, entry.find('='));
    if (options.environment().count(name) == 0) all.push_back(entry);
  }
  for (const auto& [name, value] : options.environment()) {
    all.push_back(fmt::format("{}={}", name, value));
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// A path must mean the same in the child's working folder.
std::string found_from_anywhere(const std::string& program) {
  bool is_path = program.find('/') != std::string::npos;
  return is_path ? fs::absolute(program).string() : program;
}

void check(const ProcessOptions& options) {
  if (options.argv().empty()) {
    throw UsageError("a process needs its program's name in argv");
  }
  if (options.pipe_output() && !options.output_file().empty()) {
    throw UsageError(
        fmt::format("the output of '{}' cannot go to a pipe and to '{}'",
                    options.program(), options.output_file().string()));
  }
  if (options.errors_to_output() && !options.error_file().empty()) {
    throw UsageError(
        fmt::format("the errors of '{}' cannot go to its output and to '{}'",
                    options.program(), options.error_file().string()));
  }
}

pid_t spawn(const ProcessOptions& options, const Places& places) {
  SpawnActions actions(places, options.errors_to_output());
  std::string program = found_from_anywhere(options.program());
  std::vector<std::string> argv = options.argv();
  std::vector<std::string> environment = environment_of(options);
  pid_t pid = -1;
  int error =
      posix_spawnp(&pid, program.c_str(), actions.get(), nullptr,
                   pointers_to(argv).data(), pointers_to(environment).data());
  if (error != 0) throw FileError::system("cannot start", program, error);
  return pid;
}

ProcessEnd end_from(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace

std::string ProcessEnd::to_string() const {
  if (signal == 0) return fmt::format("exit code {}", exit_code);
  return fmt::format("signal {} ({})", signal, ::strsignal(signal));
}

Process::Process(const ProcessOptions& options) {
  check(options);
  program_ = options.program();
  Places places = open_places(options);
  pid_ = spawn(options, places);
  output_ = places.our_end.release();
}

Process::Process(Process&& other) noexcept
    : program_(std::move(other.program_)),
      pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      unread_(std::move(other.unread_)),
      end_(other.end_) {}

Process::~Process() {
  close_output();
  if (pid_ < 0 || end_) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<ProcessEnd> Process::wait_with(int flags) {
  if (end_) return end_;
  int status = 0;
  pid_t found = -1;
  do {
    found = ::waitpid(pid_, &status, flags);
  } while (found < 0 && errno == EINTR);
  if (found < 0) {
    throw Error(fmt::format("cannot wait for '{}' (process {}): {} (errno {})",
                            program_, pid_, ::strerror(errno), errno));
  }
  if (found == pid_) end_ = end_from(status);
  return end_;
}

std::optional<ProcessEnd> Process::poll() { return wait_with(WNOHANG); }

ProcessEnd Process::wait() { return *wait_with(0); }

std::optional<ProcessEnd> Process::wait_for(
    std::chrono::duration<double> time) {
  using std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPause{5};
  const auto begin = steady_clock::now();
  while (!poll()) {
    std::chrono::duration<double> left = time - (steady_clock::now() - begin);
    if (left.count() <= 0) return std::nullopt;
    std::this_thread::sleep_for(
        std::min<std::chrono::duration<double>>(left, kPause));
  }
  return end_;
}

void Process::send(int signal) {
  if (poll() || ::kill(pid_, signal) == 0) return;
  throw Error(
      fmt::format("cannot send signal {} to '{}' (process {}): {} (errno {})",
                  signal, program_, pid_, ::strerror(errno), errno));
}

ProcessEnd Process::kill() {
  send(SIGKILL);
  return wait();
}

// False at the end of the output.
bool Process::read_more() {
  if (output_ < 0) return false;
  char buffer[4096];
  ssize_t count = -1;
  do {
    count = ::read(output_, buffer, sizeof buffer);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    throw FileError::system("cannot read the output of", program_, errno);
  }
  unread_.append(buffer, static_cast<std::size_t>(count));
  if (count == 0) close_output();
  return count > 0;
}

void Process::close_output() noexcept {
  if (output_ >= 0) ::close(output_);
  output_ = -1;
}

std::optional<std::string> Process::read_line() {
  std::size_t end = unread_.find('\n');
  while (end == std::string::npos) {
    std::size_t searched = unread_.size();
    if (!read_more()) break;
    end = unread_.find('\n', searched);
  }
  if (unread_.empty()) return std::nullopt;
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end == std::string::npos ? end : end + 1);
  return line;
}

std::string Process::read_all() {
  while (read_more()) {
  }
  return std::exchange(unread_, "");
}

}  // namespace thexp
