#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "thexp/trainer/callback.h"

namespace thexp {

/// A trainer's callbacks, by priority, with one list a hook so that a hook
/// which nobody overrides costs a look at an empty list.
class CallbackList {
 public:
  /// Adds it by priority and gives it its key.
  /// @throws UsageError when one of the same name is there and only one may be.
  void add(std::unique_ptr<Callback> callback, std::uint32_t hooks);

  /// Takes it out. A hook that is running keeps the object alive until it is
  /// done. @throws UsageError when it is not there.
  void remove(Callback& callback);

  std::vector<Callback*> all() const;

  /// Calls `method` of every callback that overrides `hook`.
  template <typename Method, typename... Args>
  void call(Hook hook, Method method, Args&&... args) {
    const std::vector<Callback*>& callbacks = listeners(hook);
    if (callbacks.empty()) return;
    // A copy: a hook may add and remove callbacks.
    for (Callback* callback : std::vector<Callback*>(callbacks)) {
      if (is_present(callback)) (callback->*method)(args...);
    }
  }

  const std::vector<Callback*>& listeners(Hook hook) const {
    return by_hook_[index_of(hook)];
  }

  /// The callbacks that override `hook`, as a copy: hooks may add and remove.
  std::vector<Callback*> present(Hook hook) const { return listeners(hook); }

  /// Destroys what was removed; called when no hook runs.
  void sweep() { removed_.clear(); }

 private:
  struct Entry {
    std::unique_ptr<Callback> callback;
    std::uint32_t hooks;
  };

  static std::size_t index_of(Hook hook) {
    return static_cast<std::size_t>(__builtin_ctz(hook));
  }
  bool is_present(const Callback* callback) const;
  bool has_key(const std::string& key) const;
  std::string free_key(const Callback& callback) const;
  void rebuild();

  std::vector<Entry> entries_;
  std::vector<Entry> removed_;
  std::vector<Callback*> by_hook_[__builtin_popcount(kAllHooks)];
};

}  // namespace thexp
