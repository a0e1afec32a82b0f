#pragma once

#include <cstdint>
#include <string>

namespace thexp {

std::string host_name();

int64_t process_id();

// Tells containers that share a host name apart; "" where the system has no
// such thing.
std::string process_namespace();

// When the process began, in the system's ticks, which tells it from another
// that got the same id later; "" when it is gone or the system cannot tell.
std::string process_start(int64_t id);

// False when that process of this host and namespace is gone.
bool process_exists(int64_t id, const std::string& start);

}  // namespace thexp
