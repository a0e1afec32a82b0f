#include "thexp/state/async_saver.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <utility>

#include "fresh_memory.h"

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

void copy_into(State& kept, const State& live, Place place);

void copy_list(State& kept, const State::List& live, Place place) {
  if (!kept.is_list()) kept = State(State::List{});
  State::List& items = kept.as_list();
  items.resize(live.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    copy_into(items[i], live[i], place);
  }
}

void copy_dict(State& kept, const State::Dict& live, Place place) {
  if (!kept.is_dict()) kept = State(State::Dict{});
  State::Dict& entries = kept.as_dict();
  if (entries.size() > live.size()) {
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(live.size()),
                  entries.end());
  }
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (i == entries.size()) entries.emplace_back(live[i].first, State());
    entries[i].first = live[i].first;
    copy_into(entries[i].second, live[i].second, place);
  }
}

void copy_into(State& kept, const State& live, Place place) {
  if (live.is_tensor()) {
    const at::Tensor& tensor = live.as_tensor();
    if (!fits(kept, tensor, place)) kept = State(new_buffer(tensor, place));
    kept.as_tensor().copy_(tensor);
  } else if (live.is_list()) {
    copy_list(kept, live.as_list(), place);
  } else if (live.is_dict()) {
    copy_dict(kept, live.as_dict(), place);
  } else {
    kept = live;
  }
}

}  // namespace

const State& StateBuffer::copy(const State& live) {
  at::NoGradGuard no_grad;
  copy_into(kept_, live, place_);
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

void AsyncSaver::save(int64_t epoch,
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
  request.epoch = epoch;
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
  fs::path file =
      saver_.save_checkpoint(request.epoch, *request.state, request.info);
  if (request.importance == Importance::kBest) saver_.mark_best(file);
}

}  // namespace thexp
