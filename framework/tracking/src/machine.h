#pragma once

#include <string>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

// What run.json says of who runs a program, and on what.
std::string user_name();
Value hardware_here();  // cpu, cores, memory (bytes)
Value versions_here();  // thexp, compiler

// The variables of the environment whose names fit one of the patterns, in
// which a * stands for any text.
Value environment_here(const std::vector<std::string>& patterns);

// What run.json always records: what changes how fast or how exactly a
// program computes, and nothing that could be a secret.
const std::vector<std::string>& common_environment();

}  // namespace thexp
