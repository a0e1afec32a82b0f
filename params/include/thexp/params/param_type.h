#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "thexp/base/shell.h"
#include "thexp/base/value.h"

namespace thexp {

/// Stands where a default would, for a parameter that must be given.
struct Required {
  explicit constexpr Required(int) {}
};
inline constexpr Required required{0};

enum class ParamKind { kBool, kInteger, kReal, kText, kPath };

/// What a parameter can hold.
struct ParamType {
  ParamKind kind = ParamKind::kText;
  bool narrow = false;    ///< integers of 32 bits instead of 64
  bool list = false;      ///< a list of these
  bool optional = false;  ///< or null

  /// For messages: "real number", "list of integers", "text or null".
  std::string describe() const;

  /// For help: "REAL", "[INT,...]", "TEXT|null".
  std::string placeholder() const;
};

/// How a C++ type is kept as a Value. from_value() wants a value that has been
/// checked against type().
template <typename T>
struct ParamCodec {
  static_assert(sizeof(T) == 0,
                "a parameter is bool, int, int64_t, double, std::string, "
                "std::filesystem::path, or a std::vector or std::optional of "
                "one of those");
};

template <>
struct ParamCodec<bool> {
  static constexpr ParamType type() {
    return {ParamKind::kBool, false, false, false};
  }
  static Value to_value(bool value) { return value; }
  static bool from_value(const Value& value) { return value.as_bool(); }
};

template <>
struct ParamCodec<int> {
  static constexpr ParamType type() {
    return {ParamKind::kInteger, true, false, false};
  }
  static Value to_value(int value) { return value; }
  static int from_value(const Value& value) {
    return static_cast<int>(value.as_integer());
  }
};

template <>
struct ParamCodec<int64_t> {
  static constexpr ParamType type() {
    return {ParamKind::kInteger, false, false, false};
  }
  static Value to_value(int64_t value) { return value; }
  static int64_t from_value(const Value& value) { return value.as_integer(); }
};

template <>
struct ParamCodec<double> {
  static constexpr ParamType type() {
    return {ParamKind::kReal, false, false, false};
  }
  static Value to_value(double value) { return value; }
  static double from_value(const Value& value) { return value.as_real(); }
};

template <>
struct ParamCodec<std::string> {
  static constexpr ParamType type() {
    return {ParamKind::kText, false, false, false};
  }
  static Value to_value(const std::string& value) { return value; }
  static std::string from_value(const Value& value) { return value.as_text(); }
};

/// Kept as it was given, so that a params.yaml serves on another machine, too;
/// expanded (see read_path_text()) where the program reads it.
template <>
struct ParamCodec<std::filesystem::path> {
  static constexpr ParamType type() {
    return {ParamKind::kPath, false, false, false};
  }
  static Value to_value(const std::filesystem::path& value) {
    return value.string();
  }
  static std::filesystem::path from_value(const Value& value) {
    return read_path_text(value.as_text()).path;
  }
};

template <typename T>
struct ParamCodec<std::vector<T>> {
  static_assert(!ParamCodec<T>::type().list && !ParamCodec<T>::type().optional,
                "a list parameter holds bool, int, int64_t, double, text or "
                "paths");
  static constexpr ParamType type() {
    ParamType type = ParamCodec<T>::type();
    type.list = true;
    return type;
  }
  static Value to_value(const std::vector<T>& items) {
    Value::List list;
    for (const T& item : items) list.push_back(ParamCodec<T>::to_value(item));
    return list;
  }
  static std::vector<T> from_value(const Value& value) {
    std::vector<T> items;
    for (const Value& item : value.as_list()) {
      items.push_back(ParamCodec<T>::from_value(item));
    }
    return items;
  }
};

template <typename T>
struct ParamCodec<std::optional<T>> {
  static_assert(!ParamCodec<T>::type().optional,
                "an optional parameter holds no other optional");
  static constexpr ParamType type() {
    ParamType type = ParamCodec<T>::type();
    type.optional = true;
    return type;
  }
  static Value to_value(const std::optional<T>& value) {
    return value ? ParamCodec<T>::to_value(*value) : Value();
  }
  static std::optional<T> from_value(const Value& value) {
    if (value.is_null()) return std::nullopt;
    return ParamCodec<T>::from_value(value);
  }
};

}  // namespace thexp
