#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "thexp/optim/optimizer.h"
#include "thexp/trainer/hooks.h"

namespace thexp {

/// A trainer's callbacks, by priority, with one list a hook so that a hook
/// which no callback overrides costs a look at an empty list. A callback that
/// is removed gets no more calls, not even in a dispatch that has begun.
class CallbackList : public UpdateHooks {
 public:
  explicit CallbackList(Trainer& trainer) : trainer_(trainer) {}

  /// Adds it by priority and gives it its key.
  /// @throws UsageError when one of the same name is there and only one may be.
  void add(std::unique_ptr<Callback> callback, uint32_t hooks);

  /// Takes it out. A hook that is running keeps the object alive until it is
  /// done. @throws UsageError when it is not there.
  void remove(Callback& callback);

  std::vector<Callback*> all() const;

  bool has(Hook hook) const { return !by_hook_[number_of(hook)].empty(); }
  /// One whose priority is between these two, which do not count.
  bool has_between(Hook hook, int after, int before) const;

  /// Calls the method of `hook`, with the trainer and `args`.
  template <Hook hook, typename... Args>
  void call(Args&&... args) {
    each<hook>([&](Callback& callback) {
      (callback.*detail::HookMethod<hook>::value)(trainer_, args...);
      return true;
    });
  }

  /// Visits the callbacks that override `hook`, until `visit` returns false.
  template <Hook hook, typename Visit>
  void each(Visit&& visit) {
    if (!has(hook)) return;
    // A copy: a hook may add and remove callbacks.
    const std::vector<Callback*> callbacks = by_hook_[number_of(hook)];
    for (Callback* callback : callbacks) {
      if (is_present(callback) && !visit(*callback)) return;
    }
  }

  /// Whether a callback has something to do between two steps; and calls
  /// those.
  bool wants_step_end() const;
  void call_step_end();

  bool before_update(OptimizerSlot& slot) override;
  void after_update(OptimizerSlot& slot) override;
  std::string name_of(const at::Tensor& parameter) const override;

  /// Called when no hook runs.
  void destroy_removed() { removed_.clear(); }

 private:
  struct Entry {
    std::unique_ptr<Callback> callback;
    uint32_t hooks;
  };

  static std::size_t number_of(Hook hook) {
    return static_cast<std::size_t>(__builtin_ctz(hook));
  }
  bool is_present(const Callback* callback) const;
  bool has_key(const std::string& key) const;
  std::string free_key(const Callback& callback) const;
  void rebuild();

  Trainer& trainer_;
  std::vector<Entry> entries_;
  std::vector<Entry> removed_;
  std::vector<Callback*> by_hook_[detail::kHooks];
};

}  // namespace thexp
