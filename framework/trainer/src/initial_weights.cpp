#include "initial_weights.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "thexp/archive/crc32.h"
#include "thexp/archive/safetensors.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/pt.h"
#include "thexp/state/safetensors.h"

namespace thexp {
namespace {

constexpr std::size_t kMostNames = 8;  // in a line of the log

std::string listed(const std::vector<std::string>& names) {
  std::vector<std::string> some(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(
                                         std::min(names.size(), kMostNames)));
  std::string line = join(some, ", ");
  if (some.size() == names.size()) return line;
  return fmt::format("{}, … ({} in all)", line, names.size());
}

std::string tensors(std::size_t count) {
  return fmt::format("{} tensor{}", count, count == 1 ? "" : "s");
}

State load_file(const fs::path& path) {
  bool is_safetensors =
      path.extension() == ".safetensors" || begins_as_safetensors(path);
  return is_safetensors ? load_safetensors(path) : load_pt(path);
}

std::string crc32_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(std::size_t{1} << 20);
  uint32_t crc = 0;
  do {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    crc = crc32_of(buffer.data(), static_cast<std::size_t>(file.gcount()), crc);
  } while (file);
  return fmt::format("{:08x}", crc);
}

using Names = std::vector<std::pair<std::string, State>>;

// {"net": {"0.weight": w}} becomes "net.0.weight".
void flatten(const State& state, const std::string& name, Names& names) {
  if (!state.is_dict()) {
    names.emplace_back(name, state);
    return;
  }
  for (const auto& [key, item] : state.as_dict()) {
    flatten(item, name.empty() ? key.to_string() : name + "." + key.to_string(),
            names);
  }
}

std::string first_part(const std::string& name) {
  return name.substr(0, name.find('.'));
}

// "state_dict (62 tensors), epoch": what somebody sees who opens the file.
std::string overview(const Names& names) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const auto& [name, state] : names) {
    std::string top = first_part(name);
    auto found =
        std::find_if(counts.begin(), counts.end(),
                     [&](const auto& entry) { return entry.first == top; });
    if (found == counts.end()) found = counts.insert(found, {top, 0});
    if (state.is_tensor()) ++found->second;
  }
  std::vector<std::string> parts;
  for (const auto& [top, count] : counts) {
    parts.push_back(count == 0 ? top
                               : fmt::format("{} ({})", top, tensors(count)));
  }
  return parts.empty() ? "nothing" : listed(parts);
}

// What a wrapper such as Python's DataParallel puts before every name.
std::string hint_at_prefix(const torch::nn::Module& module,
                           const State& state) {
  if (state.size() == 0) return "";
  std::string prefix =
      first_part(state.as_dict().front().first.to_string()) + ".";
  State own = module_state(module);
  for (const auto& entry : state.as_dict()) {
    std::string name = entry.first.to_string();
    bool fits = starts_with(name, prefix) &&
                own.find(name.substr(prefix.size())) != nullptr;
    if (!fits) return "";
  }
  return fmt::format("\n(--init.map={}= takes '{}' away)", prefix, prefix);
}

}  // namespace

Renaming::Renaming(const std::string& rule) : rule_(rule) {
  std::size_t equals = rule.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError(fmt::format(
        "--init.map: '{}' is not old=new (several are joined by commas)",
        rule));
  }
  old_ = rule.substr(0, equals);
  new_ = rule.substr(equals + 1);
  if (new_.empty() && old_.back() != '.') {
    throw UsageError(fmt::format(
        "--init.map: '{0}=' would leave nothing of a name; to take a prefix "
        "away write '{0}.='",
        old_));
  }
}

// A rule matches whole parts of a name: "fc" is in "fc.weight", not in "fc2".
std::string Renaming::apply(const std::string& name) {
  bool whole_parts = old_.back() == '.' || name.size() == old_.size() ||
                     (name.size() > old_.size() && name[old_.size()] == '.');
  if (!starts_with(name, old_) || !whole_parts) return name;
  used_ = true;
  return new_ + name.substr(old_.size());
}

void check_init_flags(const TrainerParams& params) {
  if (!params.init_from.get().empty()) return;
  bool mapped = !params.init_map.get().empty();
  if (!mapped && *params.init_strict) return;
  throw UsageError(fmt::format(
      "--{} says how to take weights from a file, but --init.from names none",
      mapped ? "init.map" : "no-init.strict"));
}

InitialWeights::InitialWeights(const TrainerParams& params,
                               const Models& models)
    : models_(models), strict_(*params.init_strict) {
  if (!params.init_map.get().empty()) {
    for (const std::string& rule : split(*params.init_map, ',')) {
      renamings_.emplace_back(rule);
    }
  }
  sources_ = parse_sources(*params.init_from);
}

// The registered model in "net=FILE", or "": paths may have a '=' too.
std::string InitialWeights::model_before_equals(const std::string& text) const {
  for (const auto& entry : models_) {
    if (starts_with(text, entry.first + "=")) return entry.first;
  }
  return "";
}

std::vector<InitialWeights::Source> InitialWeights::parse_sources(
    const std::string& text) const {
  std::vector<Source> sources;
  for (const std::string& part : split(text, ',')) {
    std::string model = model_before_equals(part);
    if (!model.empty()) {
      sources.push_back({model, part.substr(model.size() + 1)});
    } else if (sources.empty()) {
      sources.push_back({"", part});
    } else {
      sources.back().path += "," + part;  // a comma in a path
    }
  }
  std::set<std::string> named;
  for (const Source& source : sources) {
    if (!named.insert(source.model).second) {
      throw UsageError(fmt::format("--init.from: model '{}' is given two files",
                                   source.model));
    }
    if (!fs::is_regular_file(source.path)) {
      std::vector<std::string> names;
      for (const auto& entry : models_) names.push_back(entry.first);
      throw UsageError(
          fmt::format("--init.from: there is no file '{}' (write "
                      "--init.from=FILE, or --init.from=NAME="
                      "FILE for one of the models: {})",
                      source.path.string(), join(names, ", ")));
    }
  }
  return sources;
}

Models InitialWeights::models_for(const Source& source) const {
  Models chosen;
  for (const auto& model : models_) {
    bool named = std::any_of(
        sources_.begin(), sources_.end(),
        [&](const Source& other) { return other.model == model.first; });
    bool wanted = source.model.empty() ? !named : source.model == model.first;
    if (wanted) chosen.push_back(model);
  }
  return chosen;
}

InitialWeights::Content InitialWeights::read(const fs::path& path) {
  State file = load_file(path);
  if (!file.is_dict()) {
    throw FormatError::in_file(
        path.string(), "a dict of weights is wanted, not " + file.describe());
  }
  Content content;
  for (const auto& entry : file.as_dict()) {
    content.nested |= entry.second.is_dict();
  }
  flatten(file, "", content.names);
  for (const auto& entry : content.names) {
    content.whole |= starts_with(entry.first, "thexp.");
  }
  content.whole |= content.nested;
  std::set<std::string> seen;
  for (auto& entry : content.names) {
    for (Renaming& renaming : renamings_) {
      std::string renamed = renaming.apply(entry.first);
      bool changed = renamed != entry.first;
      entry.first = renamed;
      if (changed) break;  // one rule a name
    }
    if (!seen.insert(entry.first).second) {
      throw FormatError::in_file(
          path.string(),
          fmt::format("two of its entries are called '{}'{}", entry.first,
                      renamings_.empty() ? "" : " after --init.map"));
    }
  }
  return content;
}

// A file of one model may omit its name.
std::string InitialWeights::prefix_of_only(const NamedModule& model,
                                           const Content& content) {
  State own = module_state(*model.second);
  std::string prefix = model.first + ".";
  std::size_t bare = 0, prefixed = 0;
  for (const auto& [name, state] : content.names) {
    bare += own.find(name) != nullptr ? 1 : 0;
    bool of_model = starts_with(name, prefix) &&
                    own.find(name.substr(prefix.size())) != nullptr;
    prefixed += of_model ? 1 : 0;
  }
  if (bare == prefixed) return content.nested ? prefix : "";
  return bare > prefixed ? "" : prefix;
}

State InitialWeights::state_for(const std::string& model,
                                const Content& content,
                                const std::string& prefix,
                                const fs::path& path) const {
  State::Dict entries;
  for (const auto& [name, state] : content.names) {
    if (!starts_with(name, prefix)) continue;
    entries.emplace_back(name.substr(prefix.size()), state);
  }
  if (!entries.empty()) return State(std::move(entries));
  throw FormatError::in_file(
      path.string(),
      fmt::format("there is nothing for model '{0}' in it, only {1}; name the "
                  "entry that is meant with --init.map=ENTRY={0}, or with "
                  "--init.from=NAME=FILE the only models to start from files",
                  model, overview(content.names)));
}

void InitialWeights::load_model(const NamedModule& model,
                                const State& state,
                                const fs::path& path) {
  const auto& [name, module] = model;
  ModuleLoad done;
  try {
    done = load_module_state(*module, state, strict_);
  } catch (const FormatError& error) {
    throw FormatError::in_file(
        path.string(), fmt::format("model '{}': {}{}", name, error.what(),
                                   hint_at_prefix(*module, state)));
  }
  if (done.loaded.empty()) {
    throw FormatError::in_file(
        path.string(), fmt::format("no name in it is one of model '{}'{}", name,
                                   hint_at_prefix(*module, state)));
  }
  lines_.push_back(fmt::format("{}: {} from {}", name,
                               tensors(done.loaded.size()), path.string()));
  if (!done.missing.empty()) {
    lines_.push_back(
        fmt::format("{}: not in the file: {}", name, listed(done.missing)));
  }
  if (!done.unexpected.empty()) {
    lines_.push_back(
        fmt::format("{}: only in the file: {}", name, listed(done.unexpected)));
  }
}

void InitialWeights::look_at_unused(const Content& content,
                                    const Models& models,
                                    const fs::path& path) {
  Names unused;
  for (const auto& entry : content.names) {
    bool used = std::any_of(
        models.begin(), models.end(), [&](const NamedModule& model) {
          return starts_with(entry.first, model.first + ".");
        });
    if (!used) unused.push_back(entry);
  }
  if (unused.empty()) return;
  // Beside the models' dicts a checkpoint has other things; in one flat dict
  // a name that is of no model was meant for one.
  if (strict_ && !content.whole) {
    throw FormatError::in_file(path.string(),
                               "it has names of no model: " + overview(unused));
  }
  lines_.push_back("not used: " + overview(unused));
}

void InitialWeights::load_source(const Source& source) {
  Models models = models_for(source);
  if (models.empty()) {
    throw UsageError(fmt::format(
        "--init.from: '{}' is for no model: {}", source.path.string(),
        models_.empty() ? "there are none" : "each has a file of its own"));
  }
  Content content = read(source.path);
  Value::List names;
  std::string prefix;
  for (const auto& model : models) {
    prefix =
        models.size() == 1 ? prefix_of_only(model, content) : model.first + ".";
    load_model(model, state_for(model.first, content, prefix, source.path),
               source.path);
    names.push_back(model.first);
  }
  if (!prefix.empty()) look_at_unused(content, models, source.path);
  record_.as_list().push_back(Value::Dict{
      {"file", fs::absolute(source.path).lexically_normal().string()},
      {"bytes", static_cast<int64_t>(fs::file_size(source.path))},
      {"crc32", crc32_of_file(source.path)},
      {"models", std::move(names)}});
}

void InitialWeights::check_renamings() const {
  for (const Renaming& renaming : renamings_) {
    if (renaming.was_used()) continue;
    throw UsageError(fmt::format(
        "--init.map: '{}' matches no name in the file; a rule matches whole "
        "parts of a name ('thexp ckpt show FILE' lists the names)",
        renaming.rule()));
  }
}

void InitialWeights::load() {
  for (const Source& source : sources_) load_source(source);
  check_renamings();
}

}  // namespace thexp
