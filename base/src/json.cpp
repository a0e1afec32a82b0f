// Value <-> JSON, through nlohmann-json's SAX interface: it keeps the order of
// keys and tells duplicates apart.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "json_numbers.h"
#include "thexp/base/error.h"
#include "thexp/base/number.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

using Json = nlohmann::ordered_json;

Json to_library(const Value& value);

// The library searches an ordered object from its start for each key: too slow
// for a dict of a hundred thousand.
Json object_of(const Value::Dict& dict) {
  Json::object_t object;
  object.reserve(dict.size());
  std::map<std::string_view, std::size_t> places;
  for (const auto& [key, item] : dict) {
    auto [known, added] = places.emplace(key, object.size());
    if (added) {
      object.push_back({key, to_library(item)});
    } else {
      std::next(object.begin(), static_cast<std::ptrdiff_t>(known->second))
          ->second = to_library(item);
    }
  }
  return object;
}

Json to_library(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_integer()) return value.as_integer();
  if (value.is_text()) return value.as_text();
  if (value.is_real()) {
    double real = value.as_real();
    if (std::isfinite(real)) return real;
    return format_real(real);
  }
  if (value.is_list()) {
    Json list = Json::array();
    for (const Value& item : value.as_list()) list.push_back(to_library(item));
    return list;
  }
  if (value.is_dict()) return object_of(value.as_dict());
  return nullptr;
}

// The library quotes what it read last; a damaged file's bytes may be no text.
std::string printable(const std::string& quoted) {
  std::string text;
  for (char c : quoted) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = byte >= 0x20 && byte < 0x7F;
    text += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return text;
}

// "line:column" of the last byte that the parser read (`bytes` in all).
std::string place(std::string_view text, std::size_t bytes) {
  std::string_view before = text.substr(0, bytes == 0 ? 0 : bytes - 1);
  auto line = 1 + std::count(before.begin(), before.end(), '\n');
  std::size_t newline = before.rfind('\n');
  std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  return fmt::format("{}:{}", line, before.size() - line_start + 1);
}

class Builder {
 public:
  Builder(std::string_view text,
          const detail::NonFinite& non_finite,
          const std::string& source)
      : text_(text),
        next_(non_finite.begin()),
        end_(non_finite.end()),
        source_(source) {}

  Value take() { return std::move(root_); }

  bool null() { return add(Value()); }
  bool boolean(bool value) { return add(value); }
  // A zero comes here only as "-0", and no integer has its sign.
  bool number_integer(int64_t value) {
    return add_number(value == 0 ? Value(-0.0) : Value(value));
  }
  bool number_unsigned(uint64_t value) {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      throw_too_large(std::to_string(value));
    }
    return add_number(static_cast<int64_t>(value));
  }
  bool number_float(double value, const std::string& digits) {
    if (digits.find_first_of(".eE") == std::string::npos) {
      throw_too_large(digits);
    }
    if (value == 0 && !is_zero_written(digits)) {
      throw FormatError(
          fmt::format("{}: the number {} is too small for a double; write 0.0",
                      source_, digits));
    }
    return add_number(value);
  }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_array(std::size_t) { return open(Value::List{}); }
  bool end_array() { return close(); }
  bool start_object(std::size_t) { return open(Value::Dict{}); }
  bool end_object() { return close(); }

  bool key(std::string& name) {
    if (!is_new(name)) {
      throw FormatError(
          fmt::format("{}: the key \"{}\" appears twice", source_, name));
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t byte,
                   const std::string&,
                   const nlohmann::detail::exception& error) {
    std::string problem = error.what();
    std::size_t colon = problem.find("column");
    std::size_t start = problem.find(": ", colon);
    if (start != std::string::npos) problem = problem.substr(start + 2);
    throw FormatError(fmt::format("{}:{}: malformed JSON: {}", source_,
                                  place(text_, byte), printable(problem)));
  }

 private:
  [[noreturn]] void throw_too_large(const std::string& integer) const {
    throw FormatError(fmt::format(
        "{}: the integer {} is outside of 64 bits; as a real it is {}.0",
        source_, integer, integer));
  }

  // An object or a list that is not at its end.
  struct Open {
    Value* value;
    std::set<std::string> keys;  // from kFew on
  };

  // Whether the object has no such key yet.
  bool is_new(const std::string& name) {
    constexpr std::size_t kFew = 32;
    Open& object = stack_.back();
    const Value::Dict& dict = object.value->as_dict();
    if (dict.size() < kFew) return object.value->find(name) == nullptr;
    if (object.keys.empty()) {
      for (const auto& entry : dict) object.keys.insert(entry.first);
    }
    return object.keys.insert(name).second;
  }

  Value* place_value(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Value& parent = *stack_.back().value;
    if (parent.is_list()) {
      parent.as_list().push_back(std::move(value));
      return &parent.as_list().back();
    }
    parent.as_dict().emplace_back(std::move(key_), std::move(value));
    return &parent.as_dict().back().second;
  }

  // A number, unless a word stood in its place.
  bool add_number(Value value) {
    bool is_word = next_ != end_ && next_->first == numbers_;
    ++numbers_;
    return add(is_word ? Value((next_++)->second) : std::move(value));
  }

  bool add(Value value) {
    place_value(std::move(value));
    return true;
  }

  bool open(Value container) {
    constexpr std::size_t kDeepest = 512;
    if (stack_.size() >= kDeepest) {
      throw FormatError(source_ + ": nested more than 512 levels deep");
    }
    stack_.push_back({place_value(std::move(container)), {}});
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  std::string_view text_;
  detail::NonFinite::const_iterator next_, end_;
  std::size_t numbers_ = 0;
  const std::string& source_;
  Value root_;
  std::vector<Open> stack_;
  std::string key_;
};

}  // namespace

std::string Value::to_json(int indent) const {
  return to_library(*this).dump(indent, ' ', false,
                                Json::error_handler_t::replace);
}

Value Value::from_json(std::string_view text, const std::string& source) {
  detail::PlainJson plain = detail::without_non_finite(text);
  if (!plain.numbers.empty()) text = plain.text;
  Builder builder(text, plain.numbers, source);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

}  // namespace thexp
