// output_demo SCRIPT: prints by itself beside a logger, as SCRIPT lists, one
// a line. The logger also writes to the file "log".
//
//     print TEXT    a line, by printf          part TEXT   no line, flushed
//     held TEXT     no line, not flushed       cout TEXT   a line, by std::cout
//     bytes HEX     these bytes, flushed       many N      N numbered lines
//     child CMD     a shell command            fork TEXT   a line by a child
//     info TEXT     inline TEXT                flush       of the logger
//     second FILE   another logger from here to "close"
//     delivered N   each of N lines is in the file once it is delivered
//     kind          what standard output is, and its columns
//     signal FILE   wait FILE                  columns N   as in logger_demo
//     exit abort throw  ends it so             end         of the capture
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "fixed_clock.h"
#include "thexp/base/file.h"
#include "thexp/tracking/captured_output.h"
#include "thexp/tracking/crash_note.h"
#include "thexp/tracking/logger.h"

namespace {

void pause_shortly() {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

unsigned columns() {
  winsize size{};
  ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size.ws_col;
}

void print_bytes(const std::string& hex) {
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    std::putchar(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  std::fflush(stdout);
}

void print_in_child(const std::string& text) {
  pid_t child = ::fork();
  if (child == 0) {
    std::puts(text.c_str());
    std::exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

class Demo {
 public:
  Demo() {
    captured_ = std::make_unique<thexp::CapturedOutput>();
    logger_ = make_logger("log");
  }

  bool execute(const std::string& command, const std::string& text) {
    auto found = commands_.find(command);
    if (found == commands_.end()) return false;
    found->second(text);
    return true;
  }

 private:
  std::unique_ptr<thexp::Logger> make_logger(const std::string& file) {
    bool console = std::getenv("NO_CONSOLE") == nullptr;
    auto logger = std::make_unique<thexp::Logger>(
        thexp::LoggerOptions().clock(clock_).console(console).takes_output(
            true));
    logger->add_file(file);
    return logger;
  }

  void deliver(int count) {
    for (int i = 1; i <= count; ++i) {
      std::string line = "line " + std::to_string(i) + "\n";
      std::cout << line;
      logger_->deliver(std::chrono::seconds(10));
      std::string log = thexp::read_file("log");
      bool there = log.size() >= line.size() &&
                   log.substr(log.size() - line.size()) == line;
      if (!there) throw std::runtime_error("not in the file: " + line);
    }
  }

  void end() {
    logger_.reset();
    captured_.reset();
  }

  using Text = const std::string&;
  thexp_test::FixedClock clock_;
  thexp::CrashGuard crash_;
  std::unique_ptr<thexp::CapturedOutput> captured_;
  std::unique_ptr<thexp::Logger> logger_, second_;
  std::map<std::string, std::function<void(Text)>> commands_ = {
      {"print", [](Text text) { std::printf("%s\n", text.c_str()); }},
      {"part",
       [](Text text) {
         std::printf("%s", text.c_str());
         std::fflush(stdout);
       }},
      {"held", [](Text text) { std::printf("%s", text.c_str()); }},
      {"cout", [](Text text) { std::cout << text << "\n"; }},
      {"bytes", [](Text text) { print_bytes(text); }},
      {"many",
       [](Text text) {
         for (int i = 1; i <= std::stoi(text); ++i) std::printf("line %d\n", i);
       }},
      {"child", [](Text text) { std::system(text.c_str()); }},
      {"fork", [](Text text) { print_in_child(text); }},
      {"info", [this](Text text) { logger_->info(text); }},
      {"inline", [this](Text text) { logger_->inline_line(text); }},
      {"flush", [this](Text) { logger_->flush(); }},
      {"second", [this](Text text) { second_ = make_logger(text); }},
      {"close", [this](Text) { second_.reset(); }},
      {"delivered", [this](Text text) { deliver(std::stoi(text)); }},
      {"kind",
       [](Text) {
         bool terminal = ::isatty(STDOUT_FILENO) == 1;
         std::printf("%s, %u columns\n", terminal ? "terminal" : "no terminal",
                     columns());
       }},
      {"signal", [](Text text) { std::ofstream{text}; }},
      {"wait",
       [](Text text) {
         while (!std::filesystem::exists(text)) pause_shortly();
       }},
      {"columns",
       [](Text text) {
         while (columns() != std::stoul(text)) pause_shortly();
       }},
      {"exit", [](Text) { std::exit(0); }},
      {"abort", [](Text) { std::abort(); }},
      {"throw", [](Text) { throw 1; }},
      {"end", [this](Text) { end(); }},
  };
};

}  // namespace

int main(int argc, char** argv) {
  std::ifstream script(argc > 1 ? argv[1] : "");
  Demo demo;
  std::string line;
  while (std::getline(script, line)) {
    std::size_t blank = line.find(' ');
    std::string text = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (!demo.execute(line.substr(0, blank), text)) {
      std::cerr << "no such command: " << line << "\n";
      return 1;
    }
  }
  return script.eof() ? 0 : 1;
}
