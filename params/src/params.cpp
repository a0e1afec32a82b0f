#include "thexp/params/params.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <typeinfo>
#include <utility>

#include "convert.h"
#include "given.h"
#include "key_names.h"
#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/params/grid_search.h"

namespace thexp {

template class Param<bool>;
template class Param<int64_t>;
template class Param<double>;
template class Param<std::string>;
template class Param<fs::path>;
template class Param<std::optional<int64_t>>;

namespace {

// A declaration in a message: "init.std" (spread of the first weights).
std::string declared(const std::string& key, const std::string& help) {
  constexpr std::size_t kMostColumns = 60;
  std::string about =
      help.empty() ? "" : fmt::format(" ({})", fit_width(help, kMostColumns));
  return fmt::format("\"{}\"{}", key, about);
}

[[noreturn]] void bad_declaration(const std::string& key,
                                  const std::string& help,
                                  const std::string& problem) {
  throw UsageError(fmt::format("cannot declare the parameter {}: {}",
                               declared(key, help), problem));
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view part) {
  if (part.empty() || !is_letter(part[0])) return false;
  return std::all_of(part.begin(), part.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

void require_valid_key(const std::string& key, const std::string& help) {
  std::vector<std::string> parts = split(key, '.');
  if (!std::all_of(parts.begin(), parts.end(), is_name)) {
    bad_declaration(key, help,
                    "a key is made of letters, digits, '_' and '-', its parts "
                    "joined by '.', each beginning with a letter or '_'");
  }
  constexpr std::array<std::string_view, 4> kReserved = {
      "base", "config", "help", "print-params"};
  if (std::find(kReserved.begin(), kReserved.end(), parts[0]) !=
      kReserved.end()) {
    bad_declaration(
        key, help,
        fmt::format("the name {} is reserved, as base, config, help and "
                    "print-params are",
                    parts[0]));
  }
}

bool is_inside(const std::string& key, const std::string& group) {
  return starts_with(key, group + ".");
}

// Why two keys cannot stand beside each other; or nullptr.
const char* clash_of(const std::string& a, const std::string& b) {
  if (a == b) return " is declared already";
  if (same_name(a, b)) {
    return " is declared; '-' and '_' are the same on the command line";
  }
  if (is_inside(a, b) || is_inside(b, a)) {
    return " is declared; a key cannot be a value and a group at once";
  }
  return nullptr;
}

std::string demangle(const char* mangled) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
  return text ? text.get() : mangled;
}

// The texts of a value that is one, a list of them, or null.
std::vector<std::string> texts_in(const Value& value) {
  if (value.is_text()) return {value.as_text()};
  std::vector<std::string> texts;
  if (!value.is_list()) return texts;
  for (const Value& item : value.as_list()) texts.push_back(item.as_text());
  return texts;
}

}  // namespace

Params::Params() = default;
Params::~Params() = default;

std::string Params::name() const {
  std::string full = demangle(typeid(*this).name());
  std::size_t scope = full.rfind("::");
  return scope == std::string::npos ? full : full.substr(scope + 2);
}

void Params::declare(Declaration declaration,
                     const std::optional<Value>& value) {
  const std::string& key = declaration.key;
  require_valid_key(key, declaration.help);
  for (const Entry& entry : entries_) {
    const char* clash = clash_of(entry.key, key);
    if (clash == nullptr) continue;
    bad_declaration(key, declaration.help,
                    declared(entry.key, entry.help) + clash);
  }
  Entry entry(std::move(declaration));
  if (value) {
    try {
      Given given = Given::from_value(*value, "its default");
      entry.value = convert(given, entry.type);
      require_accepted(entry.constraint, entry.value, given.where,
                       given.shown());
    } catch (const ParamError& error) {
      bad_declaration(entry.key, entry.help, error.what());
    }
    entry.origin = "default";
    entry.is_set = true;
  }
  entries_.push_back(std::move(entry));
}

const Params::Entry* Params::find(std::string_view key) const {
  auto found =
      std::find_if(entries_.begin(), entries_.end(),
                   [key](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &*found;
}

Params::Entry* Params::find(std::string_view key) {
  return const_cast<Entry*>(std::as_const(*this).find(key));
}

const Params::Entry& Params::entry_at(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry == nullptr) {
    std::string name(key);
    throw unknown_param(name, name, *this);
  }
  return *entry;
}

const Value& Params::operator[](std::string_view key) const {
  return entry_at(key).value;
}

bool Params::contains(std::string_view key) const {
  return find(key) != nullptr;
}

std::vector<std::string> Params::keys() const {
  std::vector<std::string> keys;
  for (const Entry& entry : entries_) keys.push_back(entry.key);
  return keys;
}

ParamGroup Params::at(const std::string& key) const {
  bool has_members = std::any_of(
      entries_.begin(), entries_.end(),
      [&](const Entry& entry) { return is_inside(entry.key, key); });
  if (!has_members) entry_at(key);  // throws for an unknown one
  return {*this, key};
}

void Params::copy_group(const std::string& group, Params& to) const {
  for (const Entry& entry : entries_) {
    if (!entry.is_set || !is_inside(entry.key, group)) continue;
    std::string where = fmt::format("{} ({})", entry.key, entry.origin);
    to.apply(entry.key.substr(group.size() + 1),
             Given::from_value(entry.value, where), entry.origin);
  }
  to.validate();
}

Value Params::value_as(const std::string& key, const ParamType& type) const {
  const Entry* entry = find(key);
  if (entry == nullptr) {
    throw ParamError::malformed(
        key,
        "it is a group of parameters; ask for one of them, or for a class "
        "that is derived from Params");
  }
  if (!entry->is_set) throw ParamError::missing({key});
  Value value = convert(Given::from_value(entry->value, key), type);
  if (type.kind == ParamKind::kPath) require_path(key);
  return value;
}

const std::string& Params::origin(std::string_view key) const {
  return entry_at(key).origin;
}

void Params::set(const std::string& key,
                 const Value& value,
                 const std::string& origin) {
  std::string where = fmt::format("{} ({})", key, origin);
  apply(key, Given::from_value(value, where), origin);
}

void Params::apply(const std::string& key,
                   const Given& given,
                   std::string origin) {
  Entry* entry = find(key);
  if (entry == nullptr) throw unknown_param(given.where, key, *this);
  if (!entry->plus_key.empty() && starts_with(given.text, "+")) {
    return apply(entry->plus_key, given, std::move(origin));
  }
  if (frozen_since_) throw ParamError::frozen(given.where, *frozen_since_);
  if (entry->locked) throw ParamError::locked(given.where);
  Value value = convert(given, entry->type);
  require_accepted(entry->constraint, value, given.where, given.shown());
  store(*entry, std::move(value), std::move(origin));
}

void Params::store(Entry& entry, Value value, std::string origin) {
  entry.value = std::move(value);
  entry.origin = std::move(origin);
  entry.is_set = true;
  if (entry.field == nullptr) return;
  entry.field->assign(entry.value);
  entry.field->is_set_ = true;
}

void Params::take_values(const Params& from) {
  for (const Entry& entry : from.entries_) {
    if (find(entry.key) == nullptr) {
      Declaration declaration = entry;
      declaration.field = nullptr;
      declare(std::move(declaration), std::nullopt);
    }
    Entry& own = *find(entry.key);
    if (entry.is_set) store(own, entry.value, entry.origin);
    own.locked = entry.locked;
  }
}

void Params::freeze(const std::string& since) { frozen_since_ = since; }

void Params::lock(const std::string& key) {
  entry_at(key);
  find(key)->locked = true;
}

bool Params::is_locked(std::string_view key) const {
  return entry_at(key).locked;
}

void Params::set_bare_value(const std::string& key, const std::string& value) {
  const Entry& entry = entry_at(key);
  if (entry.type.kind == ParamKind::kBool && !entry.type.list) {
    throw UsageError(
        fmt::format("set_bare_value: {} is a bool, bare it means true", key));
  }
  find(key)->bare_value = value;
}

void Params::set_plus_key(const std::string& key, const std::string& other) {
  for (const std::string& each : {key, other}) {
    const ParamType& type = entry_at(each).type;
    if (type.kind == ParamKind::kInteger && !type.list) continue;
    throw UsageError(fmt::format("set_plus_key: {} is not an integer", each));
  }
  find(key)->plus_key = other;
}

std::vector<std::string> Params::missing() const {
  std::vector<std::string> missing;
  for (const Entry& entry : entries_) {
    if (!entry.is_set) missing.push_back(entry.key);
  }
  return missing;
}

void Params::require_path(std::string_view key) const {
  const Entry& entry = entry_at(key);
  for (const std::string& text : texts_in(entry.value)) {
    PathText read = read_path_text(text);
    if (read.problem.empty()) continue;
    bool by_flag = starts_with(entry.origin, "--");
    std::string where = by_flag
                            ? entry.origin
                            : fmt::format("{} ({})", entry.key, entry.origin);
    throw ParamError::bad_path(where, text, read.problem);
  }
}

void Params::validate() const {
  std::vector<std::string> absent = missing();
  if (!absent.empty()) throw ParamError::missing(absent);
  for (const Entry& entry : entries_) {
    if (entry.type.kind == ParamKind::kPath) require_path(entry.key);
  }
  check();
}

namespace detail {

void copy_values(const Params& from, Params& to) {
  if (typeid(from) != typeid(to)) {
    throw UsageError(fmt::format("copy() of a {} as {} would lose its type",
                                 demangle(typeid(from).name()),
                                 demangle(typeid(to).name())));
  }
  to.take_values(from);
}

std::vector<std::vector<std::size_t>> grid_points(
    const std::vector<GridAxis>& axes) {
  std::vector<std::vector<std::size_t>> points = {{}};
  std::vector<std::string> keys;
  for (const GridAxis& axis : axes) {
    if (axis.values.empty()) {
      throw UsageError("grid_search: no values for " + axis.key);
    }
    if (std::find(keys.begin(), keys.end(), axis.key) != keys.end()) {
      throw UsageError("grid_search: " + axis.key + " appears twice");
    }
    keys.push_back(axis.key);
    std::vector<std::vector<std::size_t>> longer;
    for (const std::vector<std::size_t>& point : points) {
      for (std::size_t i = 0; i < axis.values.size(); ++i) {
        longer.push_back(point);
        longer.back().push_back(i);
      }
    }
    points = std::move(longer);
  }
  return points;
}

}  // namespace detail
}  // namespace thexp
