#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <locale>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "thexp/base/error.h"
#include "thexp/state/state.h"

namespace thexp {

/// What members can be kept as a State without words of their own: numbers,
/// texts, tensors, random engines of the standard library, and containers of
/// those. ToState<T> has both ways, and is only there for such a T:
///
///     static State get(const T& member);
///     static void set(const State& state, T& member);  // throws FormatError
template <typename T, typename = void>
struct ToState;

namespace detail {

template <typename T, typename = void>
struct can_keep : std::false_type {};
template <typename T>
struct can_keep<T, std::void_t<decltype(ToState<T>::get(std::declval<T>()))>>
    : std::true_type {};

// Such as std::mt19937: written and read as text.
template <typename T, typename = void>
struct is_engine : std::false_type {};
template <typename T>
struct is_engine<T,
                 std::void_t<typename T::result_type,
                             decltype(std::declval<T&>()()),
                             decltype(std::declval<T&>().discard(1))>>
    : std::true_type {};

// A list of equal items that grows.
template <typename T>
struct is_list : std::false_type {};
template <typename T>
struct is_list<std::vector<T>> : std::true_type {};
template <typename T>
struct is_list<std::deque<T>> : std::true_type {};

template <typename T>
struct is_map : std::false_type {};
template <typename K, typename T>
struct is_map<std::map<K, T>> : std::true_type {};
template <typename K, typename T>
struct is_map<std::unordered_map<K, T>> : std::true_type {};

template <typename K>
K keyed_by(const State::Key& key) {
  if constexpr (std::is_same_v<K, std::string>) {
    return key.text();
  } else {
    return static_cast<K>(key.integer());
  }
}

}  // namespace detail

template <>
struct ToState<bool> {
  static State get(bool member) { return State(member); }
  static void set(const State& state, bool& member) {
    member = state.as_bool();
  }
};

template <typename T>
struct ToState<T, std::enable_if_t<std::is_integral_v<T>>> {
  static State get(T member) { return State(static_cast<int64_t>(member)); }
  static void set(const State& state, T& member) {
    int64_t value = state.as_integer();
    auto narrow = static_cast<T>(value);
    if (static_cast<int64_t>(narrow) != value) {
      throw FormatError(std::to_string(value) +
                        " does not fit into the member");
    }
    member = narrow;
  }
};

template <typename T>
struct ToState<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  static State get(T member) { return State(static_cast<double>(member)); }
  static void set(const State& state, T& member) {
    member = static_cast<T>(state.as_real());
  }
};

template <>
struct ToState<std::string> {
  static State get(const std::string& member) { return State(member); }
  static void set(const State& state, std::string& member) {
    member = state.as_text();
  }
};

/// A copy, on the device where the member is.
template <>
struct ToState<at::Tensor> {
  static State get(const at::Tensor& member) {
    return member.defined() ? State(member) : State();
  }
  static void set(const State& state, at::Tensor& member) {
    if (state.is_null()) {
      member = at::Tensor();
      return;
    }
    const at::Tensor& saved = state.as_tensor();
    at::Device device = member.defined() ? member.device() : saved.device();
    member = saved.to(device, /*non_blocking=*/false, /*copy=*/true);
  }
};

template <typename T>
struct ToState<T, std::enable_if_t<detail::is_engine<T>::value>> {
  static State get(const T& member) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << member;
    return State(text.str());
  }
  static void set(const State& state, T& member) {
    std::istringstream text(state.as_text());
    text.imbue(std::locale::classic());
    T read;
    if (!(text >> read)) throw FormatError("it is not a random engine's state");
    member = read;
  }
};

template <typename T>
struct ToState<std::optional<T>, std::enable_if_t<detail::can_keep<T>::value>> {
  static State get(const std::optional<T>& member) {
    return member ? ToState<T>::get(*member) : State();
  }
  static void set(const State& state, std::optional<T>& member) {
    member.reset();
    if (!state.is_null()) ToState<T>::set(state, member.emplace());
  }
};

template <typename A, typename B>
struct ToState<std::pair<A, B>,
               std::enable_if_t<detail::can_keep<A>::value &&
                                detail::can_keep<B>::value>> {
  static State get(const std::pair<A, B>& member) {
    return State(State::List{ToState<A>::get(member.first),
                             ToState<B>::get(member.second)});
  }
  static void set(const State& state, std::pair<A, B>& member) {
    if (state.as_list().size() != 2) throw FormatError("it is not a pair");
    ToState<A>::set(state[0], member.first);
    ToState<B>::set(state[1], member.second);
  }
};

template <typename T>
struct ToState<
    T,
    std::enable_if_t<detail::is_list<T>::value &&
                     detail::can_keep<typename T::value_type>::value>> {
  using Item = typename T::value_type;
  static State get(const T& member) {
    State::List items;
    for (const Item& item : member) items.push_back(ToState<Item>::get(item));
    return State(std::move(items));
  }
  static void set(const State& state, T& member) {
    T read;
    for (const State& saved : state.as_list()) {
      Item item{};
      if constexpr (std::is_same_v<Item, at::Tensor>) {
        if (read.size() < member.size()) item = member[read.size()];
      }
      ToState<Item>::set(saved, item);
      read.push_back(std::move(item));
    }
    member = std::move(read);
  }
};

template <typename T, std::size_t N>
struct ToState<std::array<T, N>, std::enable_if_t<detail::can_keep<T>::value>> {
  static State get(const std::array<T, N>& member) {
    State::List items;
    for (const T& item : member) items.push_back(ToState<T>::get(item));
    return State(std::move(items));
  }
  static void set(const State& state, std::array<T, N>& member) {
    const State::List& saved = state.as_list();
    if (saved.size() != N) {
      throw FormatError("it has " + std::to_string(saved.size()) +
                        " items, and the member " + std::to_string(N));
    }
    for (std::size_t i = 0; i < N; ++i) ToState<T>::set(saved[i], member[i]);
  }
};

/// Of keys that are texts or integers; unordered ones are kept in order.
template <typename T>
struct ToState<
    T,
    std::enable_if_t<detail::is_map<T>::value &&
                     detail::can_keep<typename T::mapped_type>::value>> {
  using Key = typename T::key_type;
  using Item = typename T::mapped_type;
  static_assert(std::is_same_v<Key, std::string> || std::is_integral_v<Key>,
                "the keys of a kept map are texts or integers");

  static State get(const T& member) {
    State::Dict entries;
    std::map<Key, const Item*> ordered;
    for (const auto& [key, item] : member) ordered[key] = &item;
    for (const auto& [key, item] : ordered) {
      entries.emplace_back(key_of(key), ToState<Item>::get(*item));
    }
    return State(std::move(entries));
  }
  static void set(const State& state, T& member) {
    T read;
    for (const auto& [key, saved] : state.as_dict()) {
      Item item{};
      if constexpr (std::is_same_v<Item, at::Tensor>) {
        auto before = member.find(detail::keyed_by<Key>(key));
        if (before != member.end()) item = before->second;
      }
      ToState<Item>::set(saved, item);
      read[detail::keyed_by<Key>(key)] = std::move(item);
    }
    member = std::move(read);
  }

 private:
  static State::Key key_of(const std::string& key) { return State::Key(key); }
  template <typename I>
  static State::Key key_of(I key) {
    return State::Key(static_cast<int64_t>(key));
  }
};

}  // namespace thexp
