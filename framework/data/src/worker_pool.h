#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "thexp/data/batch.h"

namespace thexp::detail {

/// Loads one batch; called by several threads at once.
using Load = std::function<void(int64_t batch_index, Batch& out)>;

/// The batches of one stream on their way from the workers to the consumer: a
/// ring of slots, filled in any order, emptied in order.
class Lane {
 public:
  Lane(Load load, int64_t first, int64_t end, int64_t window);

  /// Consumer: the next batch; false at the end. Where it is not there yet,
  /// loads others meanwhile if that is quick, else waits. `error` is what the
  /// load threw, if anything.
  bool take(Batch& batch, std::exception_ptr& error);

  /// Consumer: true when enough was taken that sleeping workers should wake.
  bool wants_workers() const;

  /// The next batch that no worker loads yet, -1 when there is none or no room.
  int64_t claim();

  /// Loads a batch that was claimed into its slot.
  void fill(int64_t index);

  int in_flight = 0;  ///< workers that are in fill(); under the pool's lock

 private:
  struct Slot {
    std::atomic<int64_t> filled{-1};
    Batch batch;
    std::exception_ptr error;
  };
  Slot& slot_of(int64_t index);
  bool help();
  void wait_for(Slot& slot, int64_t index);

  Load load_;
  int64_t end_;
  int64_t window_;
  std::atomic<int64_t> claimed_;
  std::atomic<int64_t> taken_;
  std::atomic<bool> quick_{false};
  std::vector<Slot> slots_;
  std::atomic<bool> consumer_waits_{false};
  std::mutex mutex_;
  std::condition_variable filled_;
};

/// The threads of a loader. They sleep while no lane has room.
class WorkerPool {
 public:
  explicit WorkerPool(int64_t threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void add(Lane& lane);
  /// Returns when no worker is in the lane any more.
  void remove(Lane& lane);
  /// The consumer took a batch.
  void advanced(const Lane& lane);

 private:
  struct Claim {
    Lane* lane = nullptr;
    int64_t index = -1;
  };
  void work();
  Claim find_work();
  void sleep(std::unique_lock<std::mutex>& lock, int64_t seen);
  void wake();

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<Lane*> lanes_;
  std::atomic<int64_t> advances_{0};
  std::atomic<int> sleepers_{0};
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace thexp::detail
