#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "key_names.h"
#include "params_access.h"
#include "thexp/base/shell.h"
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

bool is_null(const std::string& text) {
  return text == "null" || text == "~" || text == "Null" || text == "NULL";
}

bool takes_text(const Entry& entry) {
  bool is_text = entry.type.kind == ParamKind::kText ||
                 entry.type.kind == ParamKind::kPath;
  return is_text && !entry.type.list;
}

// Text is taken as it is; everything else is YAML.
Given read_argument(const Entry& entry,
                    const std::string& text,
                    const std::string& flag) {
  std::string where = where_of(flag);
  Given given = Given::from_value(text, where);
  if (entry.type.optional && is_null(text)) given.value = nullptr;
  if (!takes_text(entry)) {
    std::optional<Given> yaml = read_yaml(text, {where, false});
    bool nothing = !yaml || (yaml->value.is_null() && !is_null(text));
    if (!nothing) given = *yaml;
  }
  given.flag = flag;
  return given;
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
    bare_flag_.clear();
    std::size_t equals = arg.find('=');
    std::string name = arg.substr(2, equals - 2);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = arg.substr(equals + 1);
    if (name == "config") return read_config(value);
    if (same_name(name, "print-params")) return read_print_params(value);
    read_parameter(name, value);
  }

  // "lr=1" for "--lr=1", "-lr=1" likewise; a file for "--config FILE"; what
  // comes after a flag that takes its value only behind a '='.
  std::string meant_by(const std::string& arg) const {
    std::string bare =
        arg.substr(std::min(arg.find_first_not_of('-'), arg.size()));
    std::size_t equals = bare.find('=');
    std::string name = bare.substr(0, equals);
    std::string value = equals == std::string::npos ? "" : bare.substr(equals);
    if (find(name) != nullptr || is_own(name)) return typed({name}, value);
    bool is_file = ends_with(arg, ".yaml") || ends_with(arg, ".yml");
    if (is_file) return "--config " + shell_word(arg);
    if (!bare_flag_.empty()) return bare_flag_ + "=" + shell_word(arg);
    bool is_flag = starts_with(arg, "-") || !value.empty();
    return is_flag ? typed(near_names(name), value) : "";
  }

  // The names as flags, each with the value (or "") that was given.
  static std::string typed(std::vector<std::string> names,
                           const std::string& equals_value) {
    for (std::string& name : names) {
      bool takes_none = is_own(name) && name != "config";
      name = "--" + name;
      if (!takes_none && !equals_value.empty()) {
        name += "=" + shell_word(equals_value.substr(1));
      }
    }
    return join_or(names);
  }

  std::vector<std::string> near_names(const std::string& name) const {
    std::vector<std::string> known = params_.keys();
    known.insert(known.end(), std::begin(kOwn), std::end(kOwn));
    std::string spelled = closest_match(name, known);
    if (is_own(spelled)) return {spelled};
    return near_params(name, params_);
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
      bare_flag_ = flag;
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
    if (entry == nullptr) throw_unknown(flag, key, negated, value);
    if (!is_bool(*entry)) {
      throw ParamError::malformed(
          where_of(flag), fmt::format("{0} is not a bool; write --{0}={1}",
                                      entry->key, entry->type.placeholder()));
    }
    if (value) {
      throw ParamError::malformed(
          where_of(flag), fmt::format("takes no value; write --{}={}", key,
                                      shell_word(*value)));
    }
    assignments_.push_back(
        {entry->key, Given::from_value(false, where_of(flag))});
  }

  [[noreturn]] void throw_unknown(
      const std::string& flag,
      const std::string& key,
      bool negated,
      const std::optional<std::string>& value) const {
    std::vector<std::string> members = members_of(params_, key);
    for (std::string& each : members) each = "--" + each;
    if (!members.empty()) throw ParamError::is_group(where_of(flag), members);
    std::vector<std::string> near = near_names(key);
    if (negated) {
      near = near_keys(key, bool_keys());
      for (std::string& each : near) each = "no-" + each;
    }
    std::string meant = typed(near, value && !negated ? "=" + *value : "");
    std::string hint =
        meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
    throw ParamError::malformed(where_of(flag), "unknown key" + hint);
  }

  const Entry* find(const std::string& name) const {
    for (const Entry& entry : ParamsAccess::entries(params_)) {
      if (same_name(entry.key, name)) return &entry;
    }
    return nullptr;
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
  std::string bare_flag_;  // the option before, if it took no value
  CommandLine line_;
  std::vector<Assignment> assignments_;
};

bool asks_for_help(const std::vector<std::string>& args) {
  return std::any_of(args.begin(), args.end(), [](const std::string& arg) {
    return arg == "--help" || arg == "-h";
  });
}

}  // namespace

CommandLine Params::read_args(const std::vector<std::string>& args) {
  if (asks_for_help(args)) {
    CommandLine line;
    line.help = true;
    return line;
  }
  for (Entry& entry : entries_) {
    if (entry.origin == "program") entry.origin = "default";
  }
  ArgumentReader reader(*this, args);
  CommandLine line = reader.read();
  for (const std::string& config : line.configs) {
    load_yaml_file(*this, config, where_of("--config"));
  }
  for (const Assignment& assignment : reader.assignments()) {
    apply(assignment.key, assignment.given, assignment.given.where);
  }
  return line;
}

CommandLine Params::parse_args(const std::vector<std::string>& args) {
  CommandLine line = read_args(args);
  if (!line.help) validate();
  return line;
}

CommandLine Params::parse_args(int argc, const char* const* argv) {
  return parse_args(std::vector<std::string>(argv + std::min(argc, 1),
                                             argv + std::max(argc, 0)));
}

}  // namespace thexp
