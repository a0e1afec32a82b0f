#pragma once

#include <string>
#include <vector>

namespace thexp {

/// What the command line held besides parameters.
struct CommandLine {
  bool help = false;          ///< --help or -h: nothing else was looked at
  bool print_params = false;  ///< --print-params
  std::vector<std::string> configs;  ///< files of --config, already loaded
};

}  // namespace thexp
