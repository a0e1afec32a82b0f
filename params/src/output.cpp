#include <fmt/format.h>

#include "params_access.h"
#include "thexp/base/text.h"
#include "yaml_write.h"

namespace thexp {
namespace {

void put(Value& tree, const std::string& key, const Value& value) {
  Value* place = &tree;
  for (const std::string& part : split(key, '.')) place = &(*place)[part];
  *place = value;
}

std::optional<Value> value_of(const Params& params, const std::string& key) {
  if (!params.contains(key)) return std::nullopt;
  return params[key];
}

std::string side(const std::optional<Value>& value) {
  return value ? to_yaml_line(*value) : "(absent)";
}

}  // namespace

Value Params::to_value() const {
  Value tree = Value::Dict();
  for (const Entry& entry : entries_) {
    if (entry.is_set) put(tree, entry.key, entry.value);
  }
  return tree;
}

std::string Params::to_yaml() const { return to_yaml_block(to_value()); }

std::string Params::to_json(int indent) const {
  return to_value().to_json(indent);
}

std::string Params::to_string() const {
  return "# " + name() + "\n" + to_yaml();
}

uint64_t Params::hash() const { return to_value().hash(); }

std::vector<ParamDiff> Params::diff(const Params& other) const {
  std::vector<std::string> all = keys();
  for (const std::string& key : other.keys()) {
    if (!contains(key)) all.push_back(key);
  }
  std::vector<ParamDiff> differences;
  for (const std::string& key : all) {
    ParamDiff one{key, value_of(*this, key), value_of(other, key)};
    if (one.before != one.after) differences.push_back(std::move(one));
  }
  return differences;
}

std::string to_string(const std::vector<ParamDiff>& differences) {
  std::string text;
  for (const ParamDiff& one : differences) {
    text += fmt::format("{}: {} -> {}\n", one.key, side(one.before),
                        side(one.after));
  }
  return text;
}

}  // namespace thexp
