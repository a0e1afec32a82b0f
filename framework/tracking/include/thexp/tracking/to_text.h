#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "thexp/base/value.h"

namespace thexp {

/// How the Logger prints a field: numbers as short as reads back ("0.1",
/// "1.0"), bool as true/false, text as it is, a Value as JSON, anything with
/// `to_string()` through that, everything else through `operator<<`.
std::string to_text(double value);
std::string to_text(float value);
std::string to_text(const Value& value);

namespace detail {

template <typename T, typename = void>
struct HasToString : std::false_type {};
template <typename T>
struct HasToString<
    T,
    std::void_t<decltype(std::string(std::declval<const T&>().to_string()))>>
    : std::true_type {};

template <typename T, typename = void>
struct IsStreamable : std::false_type {};
template <typename T>
struct IsStreamable<T,
                    std::void_t<decltype(std::declval<std::ostream&>()
                                         << std::declval<const T&>())>>
    : std::true_type {};

template <typename T>
std::string integer_to_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, char>) {
    return std::string(1, value);
  } else {
    return std::to_string(value);
  }
}

template <typename T>
std::string stream_to_text(const T& value) {
  static_assert(IsStreamable<T>::value,
                "a logged value needs to_string() or operator<<");
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace detail

template <typename T,
          typename = std::enable_if_t<!std::is_same_v<T, Value> &&
                                      !std::is_floating_point_v<T>>>
std::string to_text(const T& value) {
  if constexpr (std::is_same_v<std::decay_t<T>, char*> ||
                std::is_same_v<std::decay_t<T>, const char*>) {
    const char* text = value;
    return text == nullptr ? "null" : text;
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return value.string();
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else if constexpr (std::is_integral_v<T>) {
    return detail::integer_to_text(value);
  } else if constexpr (detail::HasToString<T>::value) {
    return value.to_string();
  } else {
    return detail::stream_to_text(value);
  }
}

}  // namespace thexp
