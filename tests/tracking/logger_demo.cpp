// logger_demo SCRIPT: makes the log calls that SCRIPT lists, one a line.
//
//     inline TEXT   info TEXT   warn TEXT   raw TEXT   clear   flush
//     signal FILE   makes FILE
//     wait FILE     goes on when FILE is there
//     columns N     goes on when the terminal has N columns
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "fixed_clock.h"
#include "thexp/tracking/logger.h"

namespace {

void wait_for(const std::string& file) {
  while (!std::filesystem::exists(file)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void wait_for_columns(unsigned columns) {
  winsize size{};
  while (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
         size.ws_col != columns) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

bool execute(thexp::Logger& logger,
             const std::string& command,
             const std::string& text) {
  if (command == "inline") {
    logger.inline_line(text);
  } else if (command == "info") {
    logger.info(text);
  } else if (command == "warn") {
    logger.warn(text);
  } else if (command == "raw") {
    logger.raw(text);
  } else if (command == "clear") {
    logger.clear_inline();
  } else if (command == "flush") {
    logger.flush();
  } else if (command == "signal") {
    std::ofstream{text};
  } else if (command == "wait") {
    wait_for(text);
  } else if (command == "columns") {
    wait_for_columns(static_cast<unsigned>(std::stoul(text)));
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::ifstream script(argc > 1 ? argv[1] : "");
  thexp_test::FixedClock clock;
  thexp::Logger logger(thexp::LoggerOptions().clock(clock));
  std::string line;
  while (std::getline(script, line)) {
    std::size_t blank = line.find(' ');
    std::string text = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (!execute(logger, line.substr(0, blank), text)) {
      std::cerr << "no such command: " << line << "\n";
      return 1;
    }
  }
  return script.eof() ? 0 : 1;
}
