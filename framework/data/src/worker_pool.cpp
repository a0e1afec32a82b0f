#include "worker_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace thexp::detail {
namespace {

// A hand-over between running threads takes well under a microsecond, waking a
// sleeping one several: so both sides look for a little while before they
// sleep. Longer would take the processor from somebody who has work.
constexpr int kSpins = 200;
constexpr int kYields = 50;

// A batch that loads faster than this is loaded by the consumer rather than
// waited for.
constexpr std::chrono::microseconds kQuick{500};

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

bool several_cores() {
  static const bool several = std::thread::hardware_concurrency() > 1;
  return several;
}

template <typename Condition>
bool spin_until(Condition condition) {
  for (int i = several_cores() ? kSpins : 1; i > 0; --i) {
    if (condition()) return true;
    pause();
  }
  return false;
}

template <typename Condition>
bool yield_until(Condition condition) {
  for (int i = kYields; i > 0; --i) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

Lane::Lane(Load load, int64_t first, int64_t end, int64_t window)
    : load_(std::move(load)),
      end_(end),
      window_(window),
      claimed_(first),
      taken_(first),
      slots_(static_cast<std::size_t>(window)) {}

Lane::Slot& Lane::slot_of(int64_t index) {
  return slots_[static_cast<std::size_t>(index % window_)];
}

int64_t Lane::claim() {
  int64_t index = claimed_;
  do {
    if (index >= end_ || index >= taken_ + window_) return -1;
  } while (!claimed_.compare_exchange_weak(index, index + 1));
  return index;
}

void Lane::fill(int64_t index) {
  Slot& slot = slot_of(index);
  const auto begin = std::chrono::steady_clock::now();
  try {
    load_(index, slot.batch);
  } catch (...) {  // kept, and rethrown to the consumer at this batch's turn
    slot.error = std::current_exception();
  }
  quick_ = std::chrono::steady_clock::now() - begin < kQuick;
  slot.filled = index;
  if (consumer_waits_) {
    std::lock_guard<std::mutex> lock(mutex_);
    filled_.notify_one();
  }
}

bool Lane::take(Batch& batch, std::exception_ptr& error) {
  batch.clear();
  const int64_t index = taken_;
  if (index >= end_) return false;
  Slot& slot = slot_of(index);
  wait_for(slot, index);
  std::swap(batch, slot.batch);
  error = std::exchange(slot.error, nullptr);
  taken_ = index + 1;
  return true;
}

bool Lane::help() {
  const int64_t index = quick_ ? claim() : -1;
  if (index >= 0) fill(index);
  return index >= 0;
}

void Lane::wait_for(Slot& slot, int64_t index) {
  auto is_filled = [&] { return slot.filled == index; };
  while (!is_filled() && help()) {
  }
  if (spin_until(is_filled) || yield_until(is_filled)) return;
  std::unique_lock<std::mutex> lock(mutex_);
  consumer_waits_ = true;
  filled_.wait(lock, is_filled);
  consumer_waits_ = false;
}

// Waking costs the consumer a system call: once for half a window, not once a
// batch.
bool Lane::wants_workers() const {
  return claimed_ < end_ && claimed_ - taken_ <= window_ / 2;
}

WorkerPool::WorkerPool(int64_t threads) {
  for (int64_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  ++advances_;
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::add(Lane& lane) {
  std::lock_guard<std::mutex> lock(mutex_);
  lanes_.push_back(&lane);
  ++advances_;
  work_.notify_all();
}

void WorkerPool::remove(Lane& lane) {
  std::unique_lock<std::mutex> lock(mutex_);
  lanes_.erase(std::find(lanes_.begin(), lanes_.end(), &lane));
  idle_.wait(lock, [&] { return lane.in_flight == 0; });
}

void WorkerPool::advanced(const Lane& lane) {
  ++advances_;
  if (sleepers_ > 0 && lane.wants_workers()) wake();
}

void WorkerPool::wake() {
  // The lock makes sure that a worker that is about to sleep does so first.
  { std::lock_guard<std::mutex> lock(mutex_); }
  work_.notify_all();
}

WorkerPool::Claim WorkerPool::find_work() {
  for (Lane* lane : lanes_) {
    const int64_t index = lane->claim();
    if (index < 0) continue;
    ++lane->in_flight;
    return {lane, index};
  }
  return {};
}

void WorkerPool::sleep(std::unique_lock<std::mutex>& lock, int64_t seen) {
  auto advanced = [&] { return advances_ != seen; };
  lock.unlock();
  const bool soon = spin_until(advanced);
  lock.lock();
  if (soon) return;
  ++sleepers_;
  work_.wait(lock, advanced);
  --sleepers_;
}

void WorkerPool::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    const int64_t seen = advances_;
    const Claim claim = find_work();
    if (claim.lane == nullptr) {
      sleep(lock, seen);
      continue;
    }
    lock.unlock();
    claim.lane->fill(claim.index);
    lock.lock();
    if (--claim.lane->in_flight == 0) idle_.notify_all();
  }
}

}  // namespace thexp::detail
