#pragma once

#include <c10/core/Device.h>

#include <string>

namespace thexp {

/// What computes, as its maker calls it: "NVIDIA H200", or the processor's
/// name. Another one may round the last bits differently. Empty when unknown.
std::string hardware_of(c10::Device device);

}  // namespace thexp
