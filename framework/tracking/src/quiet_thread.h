#pragma once

#include <functional>
#include <thread>

namespace thexp {

// A background thread that takes no signals: handlers run on the program's own
// threads, and a closed pipe is an error (EPIPE) instead of the end.
std::thread start_quiet_thread(std::function<void()> body);

}  // namespace thexp
