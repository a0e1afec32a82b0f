#include "thexp/base/processor.h"

#include <fstream>

namespace thexp {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  const std::string key = "model name";
  for (std::string line; std::getline(info, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    std::size_t at = line.find_first_not_of(" \t", line.find(':') + 1);
    return at == std::string::npos ? "" : line.substr(at);
  }
  return "";
}

}  // namespace thexp
