#include "thexp/state/async_saver.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "fresh_memory.h"
#include "thexp/state/tensor_lists.h"

namespace thexp {
namespace {

using Place = StateBuffer::Place;

at::Device device_for(const at::Tensor& live, Place place) {
  return place == Place::kCpu ? at::Device(at::kCPU) : live.device();
}

bool fits(const State& kept, const at::Tensor& live, Place place) {
  return kept.is_tensor() && kept.as_tensor().sizes() == live.sizes() &&
         kept.as_tensor().scalar_type() == live.scalar_type() &&
         kept.as_tensor().device() == device_for(live, place);
}

// Page-locked when it is to be filled from a GPU.
at::Tensor new_buffer(const at::Tensor& live, Place place) {
  at::Device device = device_for(live, place);
  auto options = at::TensorOptions().dtype(live.scalar_type()).device(device);
  if (live.is_cuda()) {
    return at::empty(live.sizes(), options.pinned_memory(device.is_cpu()));
  }
  auto bytes = static_cast<std::size_t>(live.numel()) * live.element_size();
  at::Tensor buffer = at::empty({0}, options);
  return buffer.set_(fresh_storage(bytes), 0, live.sizes());
}

// Copies a state into kept memory. Copies from a GPU are put on their way, and
// waited for together; those that stay where they are, are done together.
class StateCopy {
 public:
  explicit StateCopy(Place place) : place_(place) {}

  void copy(State& kept, const State& live) {
    if (live.is_tensor()) {
      copy_tensor(kept, live.as_tensor());
    } else if (live.is_list()) {
      copy_list(kept, live.as_list());
    } else if (live.is_dict()) {
      copy_dict(kept, live.as_dict());
    } else {
      kept = live;
    }
  }

  void finish() const {
    copy_each(to_, from_);
    for (at::Device device : under_way_) {
      c10::impl::VirtualGuardImpl guard(device.type());
      guard.synchronizeStream(guard.getStream(device));
    }
  }

 private:
  void copy_tensor(State& kept, const at::Tensor& live) {
    if (!fits(kept, live, place_)) kept = State(new_buffer(live, place_));
    if (place_ == Place::kSame) {
      to_.push_back(kept.as_tensor());
      from_.push_back(live);
      return;
    }
    bool to_host = live.is_cuda();
    kept.as_tensor().copy_(live, /*non_blocking=*/to_host);
    if (to_host) add_under_way(live.device());
  }

  void add_under_way(at::Device device) {
    auto found = std::find(under_way_.begin(), under_way_.end(), device);
    if (found == under_way_.end()) under_way_.push_back(device);
  }

  void copy_list(State& kept, const State::List& live) {
    if (!kept.is_list()) kept = State(State::List{});
    State::List& items = kept.as_list();
    items.resize(live.size());
    for (std::size_t i = 0; i < live.size(); ++i) copy(items[i], live[i]);
  }

  void copy_dict(State& kept, const State::Dict& live) {
    if (!kept.is_dict()) kept = State(State::Dict{});
    State::Dict& entries = kept.as_dict();
    if (entries.size() > live.size()) {
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(live.size()),
                    entries.end());
    }
    for (std::size_t i = 0; i < live.size(); ++i) {
      if (i == entries.size()) entries.emplace_back(live[i].first, State());
      entries[i].first = live[i].first;
      copy(entries[i].second, live[i].second);
    }
  }

  Place place_;
  std::vector<at::Device> under_way_;
  std::vector<at::Tensor> to_, from_;  // of the same device
};

}  // namespace

const State& StateBuffer::copy(const State& live) {
  at::NoGradGuard no_grad;
  StateCopy copying(place_);
  copying.copy(kept_, live);
  copying.finish();
  return kept_;
}

AsyncSaver::AsyncSaver(Saver& saver,
                       WhenBusy when_busy,
                       std::function<void()> before)
    : saver_(saver),
      when_busy_(when_busy),
      before_(std::move(before)),
      thread_([this] { work(); }) {}

AsyncSaver::~AsyncSaver() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void AsyncSaver::save(SavePoint point,
                      const State& state,
                      const Value& info,
                      Importance importance) {
  std::unique_lock<std::mutex> lock(mutex_);
  bool routine = requests_[next_].importance == Importance::kRoutine;
  if (when_busy_ == WhenBusy::kWait || !routine) {
    changed_.wait(lock, [this] { return !pending_; });
  }
  if (pending_) {
    ++replaced_;
    pending_ = false;  // the thread must not take it while it is filled
  }
  Request& request = requests_[next_];
  lock.unlock();  // only this thread touches a request that is not pending
  request.state = &request.buffer.copy(state);
  request.point = point;
  request.info = info.is_null() ? Value(Value::Dict{}) : info;
  if (importance == Importance::kBest) request.info["best"] = true;
  request.importance = importance;
  lock.lock();
  pending_ = true;
  changed_.notify_all();
}

void AsyncSaver::flush() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !pending_ && !writing_; });
  }
  check();
}

void AsyncSaver::check() {
  std::exception_ptr error;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    error = std::exchange(error_, nullptr);
  }
  if (error) std::rethrow_exception(error);
}

bool AsyncSaver::last_failed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_failed_;
}

void AsyncSaver::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return pending_ || ending_; });
    if (!pending_) return;
    const Request& request = requests_[next_];
    next_ = 1 - next_;
    pending_ = false;
    writing_ = true;
    changed_.notify_all();
    lock.unlock();
    std::exception_ptr error;
    try {
      commit(request);
    } catch (const std::exception&) {
      error = std::current_exception();  // for the next flush() or check()
    }
    lock.lock();
    last_failed_ = error != nullptr;
    if (error && !error_) error_ = error;
    writing_ = false;
    changed_.notify_all();
  }
}

void AsyncSaver::commit(const Request& request) {
  if (before_) before_();
  saver_.save_checkpoint(request.point, *request.state, request.info);
}

}  // namespace thexp
