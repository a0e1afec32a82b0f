#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "key_names.h"
#include "params_access.h"
#include "thexp/base/error.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "yaml_read.h"

namespace thexp {
namespace {

struct Leaf {
  std::string key;
  std::string origin;
  Given given;
};

// Turns nested dicts into dotted keys that are declared, or throws.
class Flattener {
 public:
  explicit Flattener(const Params& params) : params_(params) {}

  std::vector<Leaf> flatten(const Given& tree) {
    visit(tree, "");
    return std::move(leaves_);
  }

 private:
  void visit(const Given& dict, const std::string& prefix) {
    for (std::size_t i = 0; i < dict.keys.size(); ++i) {
      visit_key(prefix + dict.keys[i].name, dict.keys[i].where, dict.items[i]);
    }
  }

  void visit_key(const std::string& key,
                 const std::string& where,
                 const Given& given) {
    if (params_.contains(key)) return take(key, where, given);
    if (is_holder(key)) return;
    std::vector<std::string> members = members_of(params_, key);
    if (members.empty()) {
      throw unknown_param(where + ": " + key, key, params_);
    }
    if (given.value.is_dict()) return visit(given, key + ".");
    bool empty_group = given.value.is_null();
    if (!empty_group) throw ParamError::is_group(where + ": " + key, members);
  }

  // "x-defaults: &d …" at the top: what is there for its anchors alone.
  static bool is_holder(const std::string& key) {
    return starts_with(key, "x-") && key.find('.') == std::string::npos;
  }

  void take(const std::string& key,
            const std::string& where,
            const Given& given) {
    auto [first, added] = seen_.emplace(key, where);
    if (!added) {
      throw ParamError::duplicate_key(where + ": " + key, first->second);
    }
    leaves_.push_back({key, where, given});
    leaves_.back().given.name_after(key);
  }

  const Params& params_;
  std::vector<Leaf> leaves_;
  std::map<std::string, std::string> seen_;
};

constexpr const char* kBase = "base";

// Takes `base: other.yaml` out of the top level.
std::optional<Given> take_base(Given& tree) {
  for (std::size_t i = 0; i < tree.keys.size(); ++i) {
    if (tree.keys[i].name != kBase) continue;
    Given base = tree.items[i];
    base.where += ": base";
    auto at = static_cast<std::ptrdiff_t>(i);
    tree.keys.erase(tree.keys.begin() + at);
    tree.items.erase(tree.items.begin() + at);
    if (!base.value.is_text() || base.value.as_text().empty()) {
      throw ParamError::wrong_type(base.where, base.shown(), "file name");
    }
    return base;
  }
  return std::nullopt;
}

// As `--config` and `base:` name it.
fs::path param_file(const std::string& text, const std::string& where) {
  PathText read = read_path_text(text);
  if (read.problem.empty()) return read.path;
  throw ParamError::bad_path(where, text, read.problem);
}

std::string read_param_file(const fs::path& path, const std::string& where) {
  try {
    return read_file(path);
  } catch (const FileError& error) {
    throw ParamError::unreadable(where, error.what());
  }
}

fs::path identity(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path : canonical;
}

class FileLoader {
 public:
  explicit FileLoader(Params& params) : params_(params) {}

  void load(const fs::path& path, const std::string& where) {
    enter(path, where);
    std::string text = read_param_file(path, where);
    if (std::optional<Given> tree = read_yaml(text, {path.string()})) {
      load_base(path, *tree);
      apply_tree(params_, *tree);
    }
    open_.pop_back();
  }

 private:
  void enter(const fs::path& path, const std::string& where) {
    bool cycle = std::any_of(open_.begin(), open_.end(), [&](const auto& open) {
      return identity(open) == identity(path);
    });
    open_.push_back(path);
    if (!cycle) return;
    std::vector<std::string> chain;
    for (const fs::path& open : open_) chain.push_back(open.string());
    throw ParamError::base_cycle(where, chain);
  }

  void load_base(const fs::path& path, Given& tree) {
    std::optional<Given> base = take_base(tree);
    if (!base) return;
    fs::path other =
        path.parent_path() / param_file(base->value.as_text(), base->where);
    load(other.lexically_normal(), base->where);
  }

  Params& params_;
  std::vector<fs::path> open_;
};

void require_no_base(Given tree, const std::string& source) {
  std::optional<Given> base = take_base(tree);
  if (!base) return;
  throw ParamError::malformed(
      base->where, source +
                       " is not a file, so there is no place to look for " +
                       base->shown());
}

// The value of a dotted key, in nested dicts or not; or nullptr.
const Given* find_in(const Given& tree, const std::string& key) {
  for (std::size_t i = 0; i < tree.keys.size(); ++i) {
    const std::string& name = tree.keys[i].name;
    if (name == key) return &tree.items[i];
    if (!starts_with(key, name + ".")) continue;
    const Given* found = find_in(tree.items[i], key.substr(name.size() + 1));
    if (found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> members_of(const Params& params,
                                    const std::string& group) {
  std::vector<std::string> members;
  for (const std::string& key : params.keys()) {
    if (starts_with(key, group + ".")) members.push_back(key);
  }
  return members;
}

void apply_tree(Params& params, const Given& tree) {
  if (tree.value.is_null()) return;
  if (!tree.value.is_dict()) {
    throw ParamError::malformed(
        tree.where,
        tree.shown() + " is not a map of parameters; write key: value");
  }
  for (const Leaf& leaf : Flattener(params).flatten(tree)) {
    ParamsAccess::apply(params, leaf.key, leaf.given, leaf.origin);
  }
}

void load_yaml_file(Params& params,
                    const std::string& path,
                    const std::string& where) {
  FileLoader(params).load(param_file(path, where), where);
}

void Params::load_yaml(const fs::path& path) {
  FileLoader(*this).load(path, "");
}

void Params::load_missing(const fs::path& path) {
  std::optional<Given> tree =
      read_yaml(read_param_file(path, ""), {path.string()});
  if (!tree) return;
  for (const std::string& key : missing()) {
    const Given* found = find_in(*tree, key);
    if (found == nullptr) continue;
    Given given = *found;
    given.name_after(key);
    apply(key, given, found->where);
  }
}

void Params::load_yaml_text(std::string_view text, const std::string& source) {
  std::optional<Given> tree = read_yaml(text, {source});
  if (!tree) return;
  require_no_base(*tree, source);
  apply_tree(*this, *tree);
}

void Params::load_json(std::string_view text, const std::string& source) {
  try {
    load_value(Value::from_json(text, source), source);
  } catch (const FormatError& error) {
    throw ParamError::unreadable("", error.what());
  }
}

void Params::load_value(const Value& tree, const std::string& source) {
  apply_tree(*this, Given::from_value(tree, source));
}

}  // namespace thexp
