#include <fmt/format.h>

#include "state_path.h"
#include "thexp/base/error.h"
#include "thexp/state/state.h"

namespace thexp {
namespace {

[[noreturn]] void throw_no_plain_data(const std::string& path,
                                      const std::string& what) {
  throw UsageError(fmt::format("{}: {} cannot become plain data",
                               path.empty() ? "the state" : path, what));
}

Value to_value_at(const State& state, const std::string& path);

Value list_to_value(const State& state, const std::string& path) {
  Value::List list;
  for (std::size_t i = 0; i < state.size(); ++i) {
    list.push_back(
        to_value_at(state.as_list()[i], below(path, std::to_string(i))));
  }
  return list;
}

Value dict_to_value(const State& state, const std::string& path) {
  Value::Dict dict;
  for (const auto& [key, item] : state.as_dict()) {
    std::string here = below(path, key.to_string());
    if (!key.is_text()) throw_no_plain_data(here, "an integer key");
    dict.emplace_back(key.text(), to_value_at(item, here));
  }
  return dict;
}

Value to_value_at(const State& state, const std::string& path) {
  if (state.is_bool()) return state.as_bool();
  if (state.is_integer()) return state.as_integer();
  if (state.is_real()) return state.as_real();
  if (state.is_text()) return state.as_text();
  if (state.is_list()) return list_to_value(state, path);
  if (state.is_dict()) return dict_to_value(state, path);
  if (!state.is_null()) throw_no_plain_data(path, state.describe());
  return {};
}

}  // namespace

Value State::to_value() const { return to_value_at(*this, ""); }

State State::from_value(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_integer()) return value.as_integer();
  if (value.is_real()) return value.as_real();
  if (value.is_text()) return value.as_text();
  if (value.is_list()) {
    List list;
    for (const Value& item : value.as_list()) list.push_back(from_value(item));
    return list;
  }
  if (value.is_dict()) {
    Dict dict;
    for (const auto& entry : value.as_dict()) {
      dict.emplace_back(entry.first, from_value(entry.second));
    }
    return dict;
  }
  return {};
}

}  // namespace thexp
