#include "callback_list.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/trainer/trainer.h"

namespace thexp {

// The order of adding is the program's own, so the same program gives the same
// keys again.
std::string CallbackList::free_key(const Callback& callback) const {
  std::string name = callback.name(), key = name;
  if (callback.only_once() && has_key(key)) {
    throw UsageError(fmt::format(
        "a callback called '{}' was added already, and a trainer has at most "
        "one; the default ones are added before callbacks(), "
        "remove_callback() takes one out",
        name));
  }
  for (int number = 2; has_key(key); ++number) {
    key = fmt::format("{}#{}", name, number);
  }
  return key;
}

void CallbackList::add(std::unique_ptr<Callback> callback, uint32_t hooks) {
  callback->key_ = free_key(*callback);
  callback->kept_.close();
  int priority = callback->priority();
  auto after = std::find_if(entries_.begin(), entries_.end(),
                            [priority](const Entry& entry) {
                              return entry.callback->priority() > priority;
                            });
  entries_.insert(after, {std::move(callback), hooks});
  rebuild();
}

void CallbackList::remove(Callback& callback) {
  auto found = std::find_if(
      entries_.begin(), entries_.end(),
      [&](const Entry& entry) { return entry.callback.get() == &callback; });
  if (found == entries_.end()) {
    throw UsageError("remove_callback: this callback was not added");
  }
  removed_.push_back(std::move(*found));
  entries_.erase(found);
  rebuild();
}

std::vector<Callback*> CallbackList::all() const {
  std::vector<Callback*> callbacks;
  for (const Entry& entry : entries_) callbacks.push_back(entry.callback.get());
  return callbacks;
}

bool CallbackList::has_between(Hook hook, int after, int before) const {
  const auto& callbacks = by_hook_[number_of(hook)];
  return std::any_of(callbacks.begin(), callbacks.end(),
                     [&](const Callback* each) {
                       int priority = each->priority();
                       return after < priority && priority < before;
                     });
}

bool CallbackList::wants_step_end() const {
  const auto& callbacks = by_hook_[number_of(kStepEnd)];
  return std::any_of(
      callbacks.begin(), callbacks.end(),
      [this](const Callback* each) { return each->wants_step_end(trainer_); });
}

void CallbackList::call_step_end() {
  each<kStepEnd>([this](Callback& callback) {
    if (callback.wants_step_end(trainer_)) callback.on_step_end(trainer_);
    return true;
  });
}

bool CallbackList::before_update(OptimizerSlot& slot) {
  bool updates = true;
  each<kUpdateBegin>([&](Callback& callback) {
    updates = callback.on_update_begin(trainer_, slot);
    return updates;
  });
  return updates;
}

void CallbackList::after_update(OptimizerSlot& slot) { call<kUpdateEnd>(slot); }

std::string CallbackList::name_of(const at::Tensor& parameter) const {
  for (const auto& [name, model] : trainer_.named_models()) {
    for (const auto& item : model->named_parameters()) {
      if (item.value().is_same(parameter)) return name + "." + item.key();
    }
  }
  return "a kept tensor";
}

bool CallbackList::is_present(const Callback* callback) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.callback.get() == callback;
  });
}

bool CallbackList::has_key(const std::string& key) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.callback->key() == key;
  });
}

void CallbackList::rebuild() {
  for (std::size_t bit = 0; bit < std::size(by_hook_); ++bit) {
    by_hook_[bit].clear();
    for (const Entry& entry : entries_) {
      if (entry.hooks >> bit & 1u) {
        by_hook_[bit].push_back(entry.callback.get());
      }
    }
  }
}

}  // namespace thexp
