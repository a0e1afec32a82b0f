#include "thexp/state/state.h"

#include <fmt/format.h>

#include "tensor_bytes.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::size_t kShownKeys = 20;

// What is there instead of what was asked for.
std::string instead(const State& state) {
  return state.is_foreign() ? state.as_foreign().message()
                            : "here is " + state.describe();
}

[[noreturn]] void throw_type(const char* wanted, const State& state) {
  throw UsageError(
      fmt::format("{} was asked for, but {}", wanted, instead(state)));
}

std::string shown_keys(const State::Dict& dict) {
  std::vector<std::string> keys;
  for (const auto& entry : dict) {
    if (keys.size() == kShownKeys) break;
    keys.push_back(entry.first.to_string());
  }
  if (dict.size() > kShownKeys) keys.push_back("...");
  return keys.empty() ? "none" : join(keys, ", ");
}

std::string missing(const State& state, const State::Key& key) {
  if (state.is_list() && key.is_integer()) {
    return fmt::format("no item {} in a list of {}", key.integer(),
                       state.as_list().size());
  }
  if (state.is_foreign()) {
    return fmt::format("no key '{}': {}", key.to_string(),
                       state.as_foreign().message());
  }
  return fmt::format("no key '{}' in {}", key.to_string(), state.describe());
}

}  // namespace

const std::string& State::Key::text() const {
  if (is_text()) return std::get<std::string>(data_);
  throw UsageError(fmt::format(
      "a text key was asked for, but the key is integer {}", to_string()));
}

int64_t State::Key::integer() const {
  if (is_integer()) return std::get<int64_t>(data_);
  throw UsageError(fmt::format(
      "an integer key was asked for, but the key is text '{}'", to_string()));
}

std::string State::Key::to_string() const {
  if (is_text()) return std::get<std::string>(data_);
  return std::to_string(std::get<int64_t>(data_));
}

// Out of line, as g++ 12 warns of uninitialised members when it inlines them.
State::State(const State& other) = default;
State::State(State&& other) noexcept = default;
State& State::operator=(const State& other) = default;
State& State::operator=(State&& other) noexcept = default;
State::~State() = default;

State::State(const at::Tensor& tensor) {
  if (!tensor.defined()) {
    throw UsageError("an undefined tensor cannot be part of a State");
  }
  data_ = tensor.detach();
}

const char* State::type_name() const {
  constexpr const char* kNames[] = {"null", "bool", "integer",
                                    "real", "text", "tensor",
                                    "list", "dict", "foreign"};
  return kNames[data_.index()];
}

std::string State::describe() const {
  if (is_bool()) return as_bool() ? "bool true" : "bool false";
  if (is_integer()) return fmt::format("integer {}", as_integer());
  if (is_real()) return "real " + format_real(as_real());
  if (is_text()) return fmt::format("text '{}'", as_text());
  if (is_tensor()) return describe_tensor(as_tensor());
  if (is_list()) return fmt::format("list of {}", as_list().size());
  if (is_dict()) return fmt::format("dict (keys: {})", shown_keys(as_dict()));
  if (is_foreign()) return as_foreign().what + " (not loaded)";
  return "null";
}

bool State::as_bool() const {
  if (!is_bool()) throw_type("bool", *this);
  return std::get<bool>(data_);
}

int64_t State::as_integer() const {
  if (!is_integer()) throw_type("integer", *this);
  return std::get<int64_t>(data_);
}

double State::as_real() const {
  if (is_integer()) return static_cast<double>(as_integer());
  if (!is_real()) throw_type("real", *this);
  return std::get<double>(data_);
}

const std::string& State::as_text() const {
  if (!is_text()) throw_type("text", *this);
  return std::get<std::string>(data_);
}

const at::Tensor& State::as_tensor() const {
  if (!is_tensor()) throw_type("tensor", *this);
  return std::get<at::Tensor>(data_);
}

const State::List& State::as_list() const {
  if (!is_list()) throw_type("list", *this);
  return std::get<List>(data_);
}

State::List& State::as_list() {
  return const_cast<List&>(std::as_const(*this).as_list());
}

const State::Dict& State::as_dict() const {
  if (!is_dict()) throw_type("dict", *this);
  return std::get<Dict>(data_);
}

State::Dict& State::as_dict() {
  return const_cast<Dict&>(std::as_const(*this).as_dict());
}

const ForeignObject& State::as_foreign() const {
  if (!is_foreign()) throw_type("foreign object", *this);
  return *std::get<std::shared_ptr<const ForeignObject>>(data_);
}

std::size_t State::size() const {
  return is_list() ? as_list().size() : as_dict().size();
}

std::vector<std::string> State::names() const {
  std::vector<std::string> names;
  for (const Entry& entry : as_dict()) names.push_back(entry.first.to_string());
  return names;
}

const State* State::find(const Key& key) const {
  if (is_list() && key.is_integer()) {
    const List& list = std::get<List>(data_);
    int64_t index = key.integer();
    bool inside = index >= 0 && static_cast<uint64_t>(index) < list.size();
    return inside ? &list[static_cast<std::size_t>(index)] : nullptr;
  }
  if (!is_dict()) return nullptr;
  for (const Entry& entry : std::get<Dict>(data_)) {
    if (entry.first == key) return &entry.second;
  }
  return nullptr;
}

State* State::find(const Key& key) {
  return const_cast<State*>(std::as_const(*this).find(key));
}

const State& State::at(const Key& key) const {
  if (const State* found = find(key)) return *found;
  throw UsageError(missing(*this, key));
}

const State& State::at_path(std::initializer_list<Key> path) const {
  const State* here = this;
  std::string walked;
  for (const Key& key : path) {
    const State* next = here->find(key);
    if (next == nullptr) {
      throw UsageError(fmt::format("{}{}: {}", walked, key.to_string(),
                                   missing(*here, key)));
    }
    walked += key.to_string() + "/";
    here = next;
  }
  return *here;
}

State& State::operator[](const Key& key) {
  if (is_null()) data_ = Dict{};
  if (State* found = find(key)) return *found;
  if (!is_dict()) throw UsageError(missing(*this, key));
  Dict& dict = std::get<Dict>(data_);
  dict.emplace_back(key, State());
  return dict.back().second;
}

State State::clone() const {
  if (is_tensor()) return State(copy_of(as_tensor()));
  if (is_list()) {
    List list;
    list.reserve(size());
    for (const State& item : as_list()) list.push_back(item.clone());
    return list;
  }
  if (is_dict()) {
    Dict dict;
    dict.reserve(size());
    for (const Entry& entry : as_dict()) {
      dict.emplace_back(entry.first, entry.second.clone());
    }
    return dict;
  }
  return *this;
}

}  // namespace thexp
