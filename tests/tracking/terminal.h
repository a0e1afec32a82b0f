#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"

namespace thexp_test {

inline bool shell(const std::string& command) {
  return std::system(command.c_str()) == 0;
}

// A server that is just ending must not meet the next terminal's.
inline std::string new_socket() {
  static int count = 0;
  return "thexp-test-" + std::to_string(::getpid()) + "-" +
         std::to_string(count++);
}

inline bool has_tmux() { return shell("tmux -V >/dev/null 2>&1"); }

/// A terminal of its own (a private tmux server) in which a demo program runs
/// a script.
class Terminal {
 public:
  Terminal(int columns,
           const std::string& script,
           const std::string& term,
           const std::string& demo = LOGGER_DEMO)
      : socket_(new_socket()) {
    thexp::write_file_atomic(dir_ / "script", script);
    std::string program = "cd " + dir_.path().string() + " && " + term + demo +
                          " script && touch ended && sleep 600";
    REQUIRE(tmux("-f /dev/null new-session -d -x " + std::to_string(columns) +
                 " -y 12 '" + program + "'"));
  }
  ~Terminal() { tmux("kill-server"); }

  /// The screen once it satisfies `is_ready`, or as it is after half a minute.
  std::string screen_when(
      const std::function<bool(const std::string&)>& is_ready) {
    std::string screen;
    for (int i = 0; i < 1500; ++i) {
      screen = capture();
      if (is_ready(screen)) return screen;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return screen;
  }

  /// The screen, given time to become what is expected.
  std::string screen(const std::string& expected) {
    return screen_when([&](const std::string& now) { return now == expected; });
  }

  void resize(int columns) {
    REQUIRE(tmux("resize-window -x " + std::to_string(columns)));
  }
  void touch(const std::string& name) {
    thexp::write_file_atomic(dir_ / name, "");
  }

 private:
  bool tmux(const std::string& arguments) {
    return shell("env -u TMUX TMUX_TMPDIR=" + dir_.path().string() +
                 " LC_ALL=C.UTF-8 tmux -u -L " + socket_ + " " + arguments);
  }

  // Without the empty rows below.
  std::string capture() {
    thexp::fs::path file = dir_ / "screen";
    tmux("capture-pane -p >" + file.string());
    std::string text = thexp::trim(thexp::read_file(file));
    return text.empty() ? "" : text + "\n";
  }

  TempDir dir_;
  std::string socket_;
};

}  // namespace thexp_test
