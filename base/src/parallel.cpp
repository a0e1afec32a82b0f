#include "thexp/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace thexp {
namespace {

class Work {
 public:
  Work(std::size_t count, const std::function<void(std::size_t)>& body)
      : count_(count), body_(body) {}

  void run() {
    for (std::size_t i = next_++; i < count_; i = next_++) {
      try {
        body_(i);
      } catch (...) {
        stop(std::current_exception());
      }
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void stop(std::exception_ptr error) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!error_) error_ = std::move(error);
    next_ = count_;
  }

  const std::size_t count_;
  const std::function<void(std::size_t)>& body_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::exception_ptr error_;
};

std::size_t helpers_for(std::size_t count) {
  constexpr std::size_t kMost = 4;
  std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  return std::min({kMost, cores, std::max<std::size_t>(count, 1)}) - 1;
}

}  // namespace

void parallel_for(std::size_t count,
                  const std::function<void(std::size_t)>& body) {
  Work work(count, body);
  std::vector<std::thread> threads;
  try {
    for (std::size_t i = 0; i < helpers_for(count); ++i) {
      threads.emplace_back([&work] { work.run(); });
    }
  } catch (const std::system_error&) {
    // No more threads to be had: this one does the rest.
  }
  work.run();
  for (std::thread& thread : threads) thread.join();
  work.rethrow();
}

}  // namespace thexp
