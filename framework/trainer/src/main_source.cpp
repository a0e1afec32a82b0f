#include "thexp/trainer/main_source.h"

#include <utility>

namespace thexp {
namespace {

std::string& source() {
  static std::string file;
  return file;
}

}  // namespace

void set_main_source(std::string file) { source() = std::move(file); }

const std::string& main_source() { return source(); }

}  // namespace thexp
