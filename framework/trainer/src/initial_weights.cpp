#include "initial_weights.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "init_sources.h"
#include "thexp/base/error.h"
#include "thexp/base/names.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "thexp/state/converted_state.h"
#include "thexp/state/module_state.h"

namespace thexp {
namespace {

std::vector<std::string> names_of(const Models& models) {
  std::vector<std::string> names;
  for (const NamedModule& model : models) names.push_back(model.first);
  return names;
}

void require_model(const std::string& name, const Models& models) {
  std::vector<std::string> names = names_of(models);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  std::string near = closest_match(name, names);
  std::string hint = near.empty() ? "" : "; did you mean '" + near + "'?";
  throw UsageError(
      fmt::format("--init.from: there is no model '{}', only {}{}", name,
                  names.empty() ? "nothing" : join(names, ", "), hint));
}

}  // namespace

void check_init_flags(const TrainerParams& params) {
  if (!params.init_from.get().empty()) return;
  bool mapped = !params.init_map.get().empty();
  if (!mapped && *params.init_strict) return;
  throw UsageError(fmt::format(
      "--{} says how to take weights from a file, but --init.from names none",
      mapped ? "init.map" : "no-init.strict"));
}

InitialWeights::InitialWeights(const TrainerParams& params)
    : map_(*params.init_map), rules_(map_), strict_(*params.init_strict) {
  std::vector<std::string> names;
  for (auto& [model, path] : parse_init_from(*params.init_from)) {
    sources_.push_back({model, WeightFile(path)});
    for (std::string& name : sources_.back().file.names()) {
      names.push_back(std::move(name));
    }
  }
  rules_.require_used(names);
}

Models InitialWeights::models_for(const Source& source,
                                  const Models& models) const {
  Models chosen;
  for (const NamedModule& model : models) {
    bool named = std::any_of(
        sources_.begin(), sources_.end(),
        [&](const Source& other) { return other.model == model.first; });
    bool wanted = source.model.empty() ? !named : source.model == model.first;
    if (wanted) chosen.push_back(model);
  }
  if (!chosen.empty()) return chosen;
  throw UsageError(fmt::format(
      "--init.from: '{}' is for no model: {}", source.file.path().string(),
      models.empty() ? "there are none" : "each has a file of its own"));
}

// All of it fits, or nothing is loaded.
void InitialWeights::load(const Models& models) {
  std::vector<WeightSource> sources;
  for (const Source& source : sources_) {
    if (!source.model.empty()) require_model(source.model, models);
    sources.push_back({&source.file, models_for(source, models)});
  }
  std::vector<FileFit> fits;
  for (const WeightSource& source : sources) {
    fits.emplace_back(*source.file, rules_, source.models);
    std::string problem = fits.back().problem(strict_);
    if (problem.empty()) continue;
    throw FormatError::in_file(source.file->path().string(),
                               problem + init_hint(sources, map_, strict_));
  }
  for (const FileFit& fit : fits) {
    for (const ModelFit& model : fit.models()) load(model, fit.file().path());
    note(fit);
  }
}

void InitialWeights::load(const ModelFit& fit, const fs::path& path) {
  const auto& [name, module] = fit.model;
  ConvertedState converted;
  try {
    converted = converted_to_module(fit.taken, *module);
    load_module_state(*module, converted.state, /*strict=*/false);
  } catch (const FormatError& error) {
    throw FormatError::in_file(
        path.string(), fmt::format("model '{}': {}", name, error.what()));
  }
  std::string how = join(converted.conversions, ", ");
  lines_.push_back(
      fmt::format("{}: {} from {}{}", name,
                  plural(static_cast<int64_t>(fit.taken.size()), "tensor"),
                  path.string(), how.empty() ? "" : ", converted from " + how));
  say(name, "not in the file", fit.missing);
  say(name, "only in the file", fit.unexpected);
  say(name, "left out of the file", fit.left_out);
}

void InitialWeights::say(const std::string& model,
                         const char* what,
                         const std::vector<std::string>& names) {
  if (names.empty()) return;
  lines_.push_back(fmt::format("{}: {}: {}", model, what, list_some(names)));
}

void InitialWeights::note(const FileFit& fit) {
  if (!fit.unused().empty()) {
    lines_.push_back("not used: " + overview(fit.unused()));
  }
  Value::List names;
  for (const ModelFit& model : fit.models()) names.push_back(model.model.first);
  Value::Dict record = fit.file().record();
  record.emplace_back("models", std::move(names));
  record_.as_list().push_back(std::move(record));
}

}  // namespace thexp
