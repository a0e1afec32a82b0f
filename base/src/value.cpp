#include "thexp/base/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "thexp/base/error.h"
#include "thexp/base/hash.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

[[noreturn]] void throw_type(const char* wanted, const Value& value) {
  throw UsageError(fmt::format("{} was asked for, but the value is {} ({})",
                               wanted, value.to_json(), value.type_name()));
}

std::string known_keys(const Value::Dict& dict) {
  std::vector<std::string> keys;
  for (const auto& entry : dict) keys.push_back(entry.first);
  return keys.empty() ? "none" : join(keys, ", ");
}

uint64_t hash_real(double value) {
  return hash64(format_real(value == 0 ? 0.0 : value));
}

}  // namespace

const char* Value::type_name() const {
  constexpr const char* kNames[] = {"null", "bool", "integer", "real",
                                    "text", "list", "dict"};
  return kNames[data_.index()];
}

bool Value::as_bool() const {
  if (!is_bool()) throw_type("bool", *this);
  return std::get<bool>(data_);
}

int64_t Value::as_integer() const {
  if (!is_integer()) throw_type("integer", *this);
  return std::get<int64_t>(data_);
}

double Value::as_real() const {
  if (is_integer()) return static_cast<double>(std::get<int64_t>(data_));
  if (!is_real()) throw_type("real", *this);
  return std::get<double>(data_);
}

std::optional<double> Value::to_real() const {
  if (is_text()) return parse_non_finite(as_text());
  if (is_number()) return as_real();
  return std::nullopt;
}

const std::string& Value::as_text() const {
  if (!is_text()) throw_type("text", *this);
  return std::get<std::string>(data_);
}

const Value::List& Value::as_list() const {
  if (!is_list()) throw_type("list", *this);
  return std::get<List>(data_);
}

Value::List& Value::as_list() {
  if (!is_list()) throw_type("list", *this);
  return std::get<List>(data_);
}

const Value::Dict& Value::as_dict() const {
  if (!is_dict()) throw_type("dict", *this);
  return std::get<Dict>(data_);
}

Value::Dict& Value::as_dict() {
  if (!is_dict()) throw_type("dict", *this);
  return std::get<Dict>(data_);
}

const Value* Value::find(std::string_view key) const {
  if (!is_dict()) return nullptr;
  for (const Entry& entry : std::get<Dict>(data_)) {
    if (entry.first == key) return &entry.second;
  }
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

const Value& Value::at(std::string_view key) const {
  const Dict& dict = as_dict();
  if (const Value* found = find(key)) return *found;
  throw UsageError(
      fmt::format("no key '{}' (there are: {})", key, known_keys(dict)));
}

Value& Value::operator[](std::string_view key) {
  if (is_null()) data_ = Dict{};
  if (Value* found = find(key)) return *found;
  Dict& dict = as_dict();
  dict.emplace_back(std::string(key), Value());
  return dict.back().second;
}

bool operator==(const Value& a, const Value& b) {
  if (a.data_.index() != b.data_.index()) return false;
  if (a.is_real()) {
    double x = a.as_real(), y = b.as_real();
    return x == y || (std::isnan(x) && std::isnan(y));
  }
  if (!a.is_dict()) return a.data_ == b.data_;
  if (a.as_dict().size() != b.as_dict().size()) return false;
  return std::all_of(a.as_dict().begin(), a.as_dict().end(),
                     [&](const Value::Entry& entry) {
                       const Value* other = b.find(entry.first);
                       return other != nullptr && *other == entry.second;
                     });
}

uint64_t Value::hash() const {
  uint64_t seed = mix64(data_.index());
  if (is_bool()) return combine64(seed, as_bool());
  if (is_integer()) {
    return combine64(seed, static_cast<uint64_t>(as_integer()));
  }
  if (is_real()) return combine64(seed, hash_real(as_real()));
  if (is_text()) return combine64(seed, hash64(as_text()));
  if (is_list()) {
    for (const Value& item : as_list()) seed = combine64(seed, item.hash());
  } else if (is_dict()) {
    uint64_t sum = 0;  // a sum does not depend on the order
    for (const Entry& entry : as_dict()) {
      sum += combine64(hash64(entry.first), entry.second.hash());
    }
    seed = combine64(seed, sum);
  }
  return seed;
}

}  // namespace thexp
