#pragma once

#include <string>

namespace thexp {

/// The processor, as its maker calls it: "AMD EPYC 7763"; empty when the system
/// does not say.
std::string processor_name();

}  // namespace thexp
