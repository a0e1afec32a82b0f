#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "thexp/base/value.h"
#include "thexp/state/saver.h"
#include "thexp/state/state.h"

namespace thexp {

/// A copy of a State in memory that is kept from one copy to the next: filling
/// touched pages again is 7 to 40 times faster than cloning into new ones.
class StateBuffer {
 public:
  /// Where a tensor is copied to: the CPU, or (without waiting for a device)
  /// where it lives.
  enum class Place { kCpu, kSame };

  explicit StateBuffer(Place place = Place::kCpu) : place_(place) {}

  /// Copies everything. The result stays valid until the next call. Tensors
  /// that share elements are separate in the copy.
  const State& copy(const State& live);

 private:
  Place place_;
  State kept_;
};

/// What happens to a save that comes while two others are under way: it waits
/// for the older one, or it takes the place of the newer, which is dropped.
enum class WhenBusy { kWait, kReplace };

/// How much a checkpoint matters.
enum class Importance {
  kRoutine,  ///< with WhenBusy::kReplace a newer one may take its place
  kWanted,   ///< it is written in any case
  kBest      ///< and it is marked as the best: its info says `best: true`
};

/// Saves checkpoints in the background: save() pays for one copy in memory, a
/// thread of its own serialises, syncs and commits.
///
///     AsyncSaver background(saver);
///     background.save(epoch, state, info);  // training goes on
///     background.flush();                   // now it is on the disk
class AsyncSaver {
 public:
  /// `saver` must outlive it, and save nothing else meanwhile. `before` runs on
  /// the thread before each save; what it throws is that save's error.
  explicit AsyncSaver(Saver& saver,
                      WhenBusy when_busy = WhenBusy::kWait,
                      std::function<void()> before = nullptr);

  /// Waits for what is under way; an error is then lost: flush() before.
  ~AsyncSaver();
  AsyncSaver(const AsyncSaver&) = delete;
  AsyncSaver& operator=(const AsyncSaver&) = delete;

  /// Copies `state` into a kept buffer and returns; the thread writes it. When
  /// two are under way it does what WhenBusy says. Call it from one thread.
  /// What goes wrong in writing comes out of the next flush() or check().
  void save(SavePoint point,
            const State& state,
            const Value& info = {},
            Importance importance = Importance::kRoutine);

  /// Waits until everything given so far is committed.
  /// @throws what the first failed save threw since the last time.
  void flush();

  /// @throws what the first failed save threw since the last time. Waits for
  /// nothing.
  void check();

  /// Whether the last save that was tried failed: after flush(), the newest.
  bool last_failed() const;

  /// Saves that were dropped for newer ones.
  int64_t replaced() const { return replaced_; }

 private:
  struct Request {
    StateBuffer buffer;
    const State* state = nullptr;
    SavePoint point = 0;
    Value info;
    Importance importance = Importance::kRoutine;
  };

  void work();
  void commit(const Request& request);

  Saver& saver_;
  WhenBusy when_busy_;
  std::function<void()> before_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // One is written while the next is filled; they swap roles.
  Request requests_[2];
  int next_ = 0;
  bool pending_ = false;  // requests_[next_] waits for the thread
  bool writing_ = false;  // the thread writes the other one
  bool ending_ = false;
  bool last_failed_ = false;
  int64_t replaced_ = 0;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace thexp
