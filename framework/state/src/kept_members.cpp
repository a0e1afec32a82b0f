#include "thexp/state/kept_members.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/names.h"

namespace thexp {
namespace {

template <typename T>
State list_of(const std::vector<T>& items) {
  State::List list;
  for (const T& item : items) list.emplace_back(item);
  return State(std::move(list));
}

State state_of(const at::Tensor& tensor) {
  return tensor.defined() ? State(tensor) : State();
}
template <typename T>
State state_of(const T& value) {
  return State(value);
}
template <typename T>
State state_of(const std::vector<T>& items) {
  return list_of(items);
}

int narrow_integer(const State& state) {
  int64_t value = state.as_integer();
  if (value < INT_MIN || value > INT_MAX) {
    throw FormatError(fmt::format("{} does not fit into an int", value));
  }
  return static_cast<int>(value);
}

std::vector<int64_t> integers_of(const State& state) {
  std::vector<int64_t> items;
  for (const State& item : state.as_list()) items.push_back(item.as_integer());
  return items;
}

std::vector<double> reals_of(const State& state) {
  std::vector<double> items;
  for (const State& item : state.as_list()) items.push_back(item.as_real());
  return items;
}

bool has_place_for(const at::Tensor& member, const at::Tensor& saved) {
  return member.defined() && member.sizes() == saved.sizes() &&
         member.scalar_type() == saved.scalar_type() &&
         member.is_non_overlapping_and_dense();
}

// Into its place where it fits there, so that an owner that shares the tensor
// (an optimizer) still does; else anew, on the member's device.
LoadPlan::Change prepare_tensor(at::Tensor& member, const State& state) {
  if (state.is_null()) return [&member] { member = at::Tensor(); };
  at::Tensor saved = state.as_tensor();
  if (has_place_for(member, saved)) {
    return [&member, saved] {
      at::NoGradGuard no_grad;
      member.copy_(saved);
    };
  }
  if (member.defined() && member.requires_grad()) {
    throw FormatError("it is trained and is " + State(member).describe() +
                      ", but saved was " + state.describe());
  }
  return [&member, saved] {
    at::Device device = member.defined() ? member.device() : saved.device();
    member = saved.to(device, /*non_blocking=*/false, /*copy=*/true);
  };
}

// Each into its place, as one alone; another number of them is a new list.
LoadPlan::Change prepare_tensors(std::vector<at::Tensor>& members,
                                 const State& state) {
  const State::List& saved = state.as_list();
  bool trained =
      std::any_of(members.begin(), members.end(), [](const at::Tensor& member) {
        return member.defined() && member.requires_grad();
      });
  if (trained && saved.size() != members.size()) {
    throw FormatError(
        fmt::format("{} tensors of which some are trained are here, but {} "
                    "were saved",
                    members.size(), saved.size()));
  }
  auto loaded = std::make_shared<std::vector<at::Tensor>>(members);
  loaded->resize(saved.size());
  std::vector<LoadPlan::Change> changes;
  for (std::size_t i = 0; i < saved.size(); ++i) {
    changes.push_back(prepare_tensor((*loaded)[i], saved[i]));
  }
  return [&members, loaded, changes] {
    for (const LoadPlan::Change& change : changes) change();
    members = *loaded;
  };
}

}  // namespace

void KeptMembers::add_entry(Entry added) {
  if (closed_) {
    throw UsageError(
        fmt::format("keep: '{}' comes too late to be loaded by a resumed run; "
                    "keep it in models() or datasets(), what is a callback's "
                    "in its constructor",
                    added.name));
  }
  for (const Entry& entry : entries_) {
    if (entry.name == added.name) {
      throw UsageError(fmt::format("keep: '{}' is kept already", added.name));
    }
  }
  entries_.push_back(std::move(added));
  give_saved_value(entries_.back());
}

void KeptMembers::begin_with(const State& saved) {
  saved_ = &saved;
  for (const Entry& entry : entries_) give_saved_value(entry);
}

void KeptMembers::give_saved_value(const Entry& entry) const {
  const State* saved = saved_ == nullptr ? nullptr : saved_->find(entry.name);
  if (saved == nullptr || !entry.is_plain) return;
  try {
    entry.prepare (*saved)();
  } catch (const Error&) {
    // load() lists it with all else that does not fit.
  }
}

void KeptMembers::close() {
  closed_ = true;
  saved_ = nullptr;
  flags_at_close_ = flags();
}

State KeptMembers::flags() const {
  State flags{State::Dict{}};
  for (const Entry& entry : entries_) {
    if (!entry.is_plain) continue;
    State value = entry.get();
    if (value.is_bool()) flags[entry.name] = std::move(value);
  }
  return flags;
}

bool KeptMembers::a_flag_changed() const {
  return closed_ && !thexp::equal(flags(), flags_at_close_);
}

template <typename T, typename Read>
void KeptMembers::add_member(const std::string& name, T& member, Read read) {
  auto prepare = [&member, read](const State& state) -> Change {
    return [&member, value = T(read(state))] { member = value; };
  };
  add_entry({name, [&member] { return state_of(member); }, prepare, nullptr,
             /*is_plain=*/true});
}

void KeptMembers::add(const std::string& name,
                      std::function<State()> get,
                      std::function<void(const State&)> set) {
  add_entry({name, std::move(get), nullptr, std::move(set)});
}

void KeptMembers::add(const std::string& name, bool& member) {
  add_member(name, member, [](const State& state) { return state.as_bool(); });
}

void KeptMembers::add(const std::string& name, int& member) {
  add_member(name, member, narrow_integer);
}

void KeptMembers::add(const std::string& name, int64_t& member) {
  add_member(name, member,
             [](const State& state) { return state.as_integer(); });
}

void KeptMembers::add(const std::string& name, double& member) {
  add_member(name, member, [](const State& state) { return state.as_real(); });
}

void KeptMembers::add(const std::string& name, std::string& member) {
  add_member(name, member, [](const State& state) { return state.as_text(); });
}

void KeptMembers::add(const std::string& name, std::vector<int64_t>& member) {
  add_member(name, member, integers_of);
}

void KeptMembers::add(const std::string& name, std::vector<double>& member) {
  add_member(name, member, reals_of);
}

void KeptMembers::add(const std::string& name,
                      std::vector<at::Tensor>& member) {
  add_entry(
      {name, [&member] { return state_of(member); },
       [&member](const State& state) { return prepare_tensors(member, state); },
       nullptr});
}

void KeptMembers::add(const std::string& name, at::Tensor& member) {
  add_entry(
      {name, [&member] { return state_of(member); },
       [&member](const State& state) { return prepare_tensor(member, state); },
       nullptr});
}

void KeptMembers::add(const std::string& name, Stateful& member) {
  add(
      name, [&member] { return member.state(); },
      [&member](const State& state) { member.load_state(state); });
}

State KeptMembers::state() const {
  State state{State::Dict{}};
  for (const Entry& entry : entries_) state[entry.name] = entry.get();
  return state;
}

void KeptMembers::check_names(const State& state) const {
  if (!state.is_dict()) {
    throw FormatError("kept members are saved as a dict, not as " +
                      state.describe());
  }
  std::vector<std::string> kept;
  for (const Entry& entry : entries_) kept.push_back(entry.name);
  NameDifference difference = compare_names(kept, state.names());
  if (difference.empty()) return;
  throw FormatError(
      fmt::format("{}; kept here: {}",
                  difference.describe("missing in the state", "unexpected"),
                  list_names(kept)));
}

void KeptMembers::load(const State& state) {
  LoadPlan plan;
  load(plan, "member", state);
  plan.run();
}

void KeptMembers::load(LoadPlan& plan,
                       const std::string& title,
                       const State& state) const {
  bool fits = plan.prepare(title + "s", [&]() -> Change {
    check_names(state);
    return nullptr;
  });
  if (!fits) return;
  for (const Entry& entry : entries_) {
    const State& saved = state.at(entry.name);
    std::string what = fmt::format("{} '{}'", title, entry.name);
    if (entry.prepare) {
      plan.prepare(what, [&] { return entry.prepare(saved); });
    } else {
      plan.attempt(what, entry.get, entry.set, saved);
    }
  }
}

}  // namespace thexp
