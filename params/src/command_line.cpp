#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "key_names.h"
#include "params_access.h"
#include "thexp/base/text.h"
#include "yaml_read.h"

namespace thexp {
namespace {

using Entry = ParamsAccess::Entry;

constexpr const char* kOwn[] = {"config", "help", "print-params"};

struct Assignment {
  std::string key;
  Given given;
};

std::string where_of(const std::string& flag) {
  return flag + " (command line)";
}

// Text is taken as it is; everything else is YAML.
Given read_argument(const Entry& entry,
                    const std::string& text,
                    const std::string& flag) {
  std::string where = where_of(flag);
  bool null = entry.type.optional && text == "null";
  bool is_text = entry.type.kind == ParamKind::kText && !entry.type.list;
  if (null) return Given::from_value(nullptr, where);
  if (is_text) return Given::from_value(text, where);
  std::optional<Given> given = read_yaml(text, {where, false});
  if (given && (!given->value.is_null() || text == "null")) return *given;
  throw ParamError::wrong_type(where, "\"" + text + "\"",
                               entry.type.describe());
}

// Sorts the arguments into files, options and assignments; changes nothing.
class ArgumentReader {
 public:
  ArgumentReader(const Params& params, const std::vector<std::string>& args)
      : params_(params), args_(args) {}

  CommandLine read() {
    while (next_ < args_.size()) read_option(args_[next_++]);
    return std::move(line_);
  }

  const std::vector<Assignment>& assignments() const { return assignments_; }

 private:
  void read_option(const std::string& arg) {
    bool is_option = starts_with(arg, "--") && arg.size() > 2;
    if (!is_option) throw ParamError::unexpected_argument(arg, meant_by(arg));
    std::size_t equals = arg.find('=');
    std::string name = arg.substr(2, equals - 2);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = arg.substr(equals + 1);
    if (name == "config") return read_config(value);
    if (same_name(name, "print-params")) return read_print_params(value);
    read_parameter(name, value);
  }

  // "lr=1" for "--lr=1", "-lr=1" likewise; a file for "--config FILE".
  std::string meant_by(const std::string& arg) const {
    std::string bare =
        arg.substr(std::min(arg.find_first_not_of('-'), arg.size()));
    std::string name = bare.substr(0, bare.find('='));
    if (find(name) != nullptr || is_own(name)) return "--" + bare;
    bool is_file = ends_with(arg, ".yaml") || ends_with(arg, ".yml");
    return is_file ? "--config " + arg : "";
  }

  void read_config(std::optional<std::string> value) {
    if (!value) value = take_next();
    if (!value || value->empty()) {
      throw ParamError::missing_value("--config", "FILE");
    }
    line_.configs.push_back(*value);
  }

  void read_print_params(const std::optional<std::string>& value) {
    if (value) {
      throw ParamError::malformed(where_of("--print-params"), "takes no value");
    }
    line_.print_params = true;
  }

  void read_parameter(const std::string& name,
                      std::optional<std::string> value) {
    std::string flag = "--" + name;
    const Entry* entry = find(name);
    if (entry == nullptr) return read_negation(name, value);
    if (is_bool(*entry)) {
      if (!value) value = take_bool();
    } else if (!value && entry->bare_value) {
      value = entry->bare_value;
    } else if (!value) {
      value = take_next();
      if (!value) {
        throw ParamError::missing_value(flag, entry->type.placeholder());
      }
    }
    assignments_.push_back({entry->key, read_argument(*entry, *value, flag)});
  }

  void read_negation(const std::string& name,
                     const std::optional<std::string>& value) {
    std::string flag = "--" + name;
    bool negated = same_name(name.substr(0, 3), "no-");
    std::string key = negated ? name.substr(3) : name;
    const Entry* entry = find(key);
    if (entry == nullptr) throw_unknown(flag, key, negated);
    if (!is_bool(*entry)) {
      throw ParamError::malformed(
          where_of(flag), fmt::format("{0} is not a bool; write --{0}={1}",
                                      entry->key, entry->type.placeholder()));
    }
    if (value) {
      throw ParamError::malformed(
          where_of(flag),
          fmt::format("takes no value; write --{}={}", key, *value));
    }
    assignments_.push_back(
        {entry->key, Given::from_value(false, where_of(flag))});
  }

  [[noreturn]] void throw_unknown(const std::string& flag,
                                  const std::string& key,
                                  bool negated) const {
    std::vector<std::string> members;
    for (const std::string& each : params_.keys()) {
      if (starts_with(each, key + ".")) members.push_back(each);
    }
    if (!members.empty()) throw ParamError::is_group(where_of(flag), members);
    std::vector<std::string> near =
        near_keys(key, negated ? bool_keys() : known_names());
    for (std::string& each : near) each = (negated ? "--no-" : "--") + each;
    std::string hint =
        near.empty() ? "" : fmt::format("; did you mean {}?", join_or(near));
    throw ParamError::malformed(where_of(flag), "unknown key" + hint);
  }

  const Entry* find(const std::string& name) const {
    for (const Entry& entry : ParamsAccess::entries(params_)) {
      if (same_name(entry.key, name)) return &entry;
    }
    return nullptr;
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> names = params_.keys();
    names.insert(names.end(), std::begin(kOwn), std::end(kOwn));
    return names;
  }

  std::vector<std::string> bool_keys() const {
    std::vector<std::string> keys;
    for (const Entry& entry : ParamsAccess::entries(params_)) {
      if (is_bool(entry)) keys.push_back(entry.key);
    }
    return keys;
  }

  static bool is_own(const std::string& name) {
    return std::any_of(std::begin(kOwn), std::end(kOwn),
                       [&](const char* own) { return same_name(own, name); });
  }

  static bool is_bool(const Entry& entry) {
    return entry.type.kind == ParamKind::kBool && !entry.type.list;
  }

  std::optional<std::string> take_next() {
    bool there = next_ < args_.size() && !starts_with(args_[next_], "--");
    if (!there) return std::nullopt;
    return args_[next_++];
  }

  std::string take_bool() {
    bool there = next_ < args_.size() &&
                 (args_[next_] == "true" || args_[next_] == "false");
    return there ? args_[next_++] : "true";
  }

  const Params& params_;
  const std::vector<std::string>& args_;
  std::size_t next_ = 0;
  CommandLine line_;
  std::vector<Assignment> assignments_;
};

bool asks_for_help(const std::vector<std::string>& args) {
  return std::any_of(args.begin(), args.end(), [](const std::string& arg) {
    return arg == "--help" || arg == "-h";
  });
}

}  // namespace

CommandLine Params::parse_args(const std::vector<std::string>& args) {
  if (asks_for_help(args)) {
    CommandLine line;
    line.help = true;
    return line;
  }
  ArgumentReader reader(*this, args);
  CommandLine line = reader.read();
  for (const std::string& config : line.configs) {
    load_yaml_file(*this, config, where_of("--config"));
  }
  for (const Assignment& assignment : reader.assignments()) {
    apply(assignment.key, assignment.given, assignment.given.where);
  }
  validate();
  return line;
}

CommandLine Params::parse_args(int argc, const char* const* argv) {
  return parse_args(std::vector<std::string>(argv + std::min(argc, 1),
                                             argv + std::max(argc, 0)));
}

}  // namespace thexp
