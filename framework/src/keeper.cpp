#include "thexp/framework/keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

template <typename T>
State list_of(const std::vector<T>& items) {
  State::List list;
  for (const T& item : items) list.emplace_back(item);
  return State(std::move(list));
}

// Back to the device that the member lives on.
void restore(at::Tensor& member, const State& state) {
  if (state.is_null()) {
    member = at::Tensor();
    return;
  }
  const at::Tensor& saved = state.as_tensor();
  at::Device device = member.defined() ? member.device() : saved.device();
  member = saved.to(device, /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace

void Keeper::add(const std::string& name,
                 std::function<State()> take,
                 std::function<void(const State&)> give) {
  for (const Entry& entry : entries_) {
    if (entry.name == name) {
      throw UsageError(fmt::format("keep: '{}' is kept already", name));
    }
  }
  entries_.push_back({name, std::move(take), std::move(give)});
}

void Keeper::add(const std::string& name, bool& member) {
  add(
      name, [&member] { return State(member); },
      [&member](const State& state) { member = state.as_bool(); });
}

void Keeper::add(const std::string& name, int& member) {
  add(
      name, [&member] { return State(std::int64_t{member}); },
      [&member](const State& state) {
        member = static_cast<int>(state.as_integer());
      });
}

void Keeper::add(const std::string& name, std::int64_t& member) {
  add(
      name, [&member] { return State(member); },
      [&member](const State& state) { member = state.as_integer(); });
}

void Keeper::add(const std::string& name, double& member) {
  add(
      name, [&member] { return State(member); },
      [&member](const State& state) { member = state.as_real(); });
}

void Keeper::add(const std::string& name, std::string& member) {
  add(
      name, [&member] { return State(member); },
      [&member](const State& state) { member = state.as_text(); });
}

void Keeper::add(const std::string& name, at::Tensor& member) {
  add(
      name, [&member] { return member.defined() ? State(member) : State(); },
      [&member](const State& state) { restore(member, state); });
}

void Keeper::add(const std::string& name, std::vector<std::int64_t>& member) {
  add(
      name, [&member] { return list_of(member); },
      [&member](const State& state) {
        member.clear();
        for (const State& item : state.as_list()) {
          member.push_back(item.as_integer());
        }
      });
}

void Keeper::add(const std::string& name, std::vector<double>& member) {
  add(
      name, [&member] { return list_of(member); },
      [&member](const State& state) {
        member.clear();
        for (const State& item : state.as_list()) {
          member.push_back(item.as_real());
        }
      });
}

void Keeper::add(const std::string& name, std::vector<at::Tensor>& member) {
  add(
      name, [&member] { return list_of(member); },
      [&member](const State& state) {
        member.clear();
        for (const State& item : state.as_list()) {
          member.push_back(item.as_tensor().clone());
        }
      });
}

void Keeper::add(const std::string& name, Stateful& member) {
  add(
      name, [&member] { return member.state(); },
      [&member](const State& state) { member.load_state(state); });
}

State Keeper::state() const {
  State state{State::Dict{}};
  for (const Entry& entry : entries_) state[entry.name] = entry.take();
  return state;
}

void Keeper::load(const State& state) {
  std::vector<std::string> missing;
  for (const Entry& entry : entries_) {
    if (state.find(entry.name) == nullptr) missing.push_back(entry.name);
  }
  if (!missing.empty() || state.as_dict().size() != entries_.size()) {
    std::vector<std::string> kept;
    for (const Entry& entry : entries_) kept.push_back(entry.name);
    throw UsageError(fmt::format(
        "the saved state does not fit: missing in it: {}; kept here: {}; it "
        "holds {} entries",
        missing.empty() ? "nothing" : join(missing, ", "),
        kept.empty() ? "nothing" : join(kept, ", "), state.as_dict().size()));
  }
  for (const Entry& entry : entries_) entry.give(state.at(entry.name));
}

}  // namespace thexp
