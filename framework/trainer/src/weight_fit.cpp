#include "weight_fit.h"

#include <c10/core/ScalarType.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "thexp/base/text.h"
#include "thexp/state/module_state.h"

namespace thexp {
namespace {

// Real numbers of any width are converted.
bool fits(const State& own, const State& given) {
  if (!given.is_tensor()) return false;
  const at::Tensor& to = own.as_tensor();
  const at::Tensor& from = given.as_tensor();
  bool convertible = at::isFloatingType(to.scalar_type()) &&
                     at::isFloatingType(from.scalar_type());
  return to.sizes() == from.sizes() &&
         (convertible || to.scalar_type() == from.scalar_type());
}

std::string line(const char* title, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  return fmt::format("\n  {}: {}", title, join(names, "; "));
}

std::string misfit(const ModelFit& fit, bool strict) {
  std::string problems = line("wrong", fit.wrong);
  if (strict) {
    problems = line("missing", fit.missing) +
               line("unexpected", fit.unexpected) + problems;
  }
  if (problems.empty()) return "";
  return "the state does not fit the module:" + problems;
}

bool takes_nothing(const ModelFit& fit) {
  return fit.taken.empty() && fit.missing.size() + fit.left_out.size() > 0;
}

std::string problem_of(const ModelFit& fit, bool strict) {
  const std::string& name = fit.model.first;
  std::string problem = misfit(fit, strict);
  if (!problem.empty()) return fmt::format("model '{}': {}", name, problem);
  if (!takes_nothing(fit)) return "";
  return fmt::format("no name in it is one of model '{}'", name);
}

}  // namespace

FileFit::FileFit(const WeightFile& file,
                 const InitRules& rules,
                 const Models& models)
    : file_(file), mapped_(!rules.empty()) {
  Entries entries;
  for (const auto& [name, state] : file.entries()) {
    entries.push_back({rules.apply(name), name, &state});
  }
  find_clash(entries);
  std::string prefix;
  for (const NamedModule& model : models) {
    prefix =
        models.size() == 1 ? prefix_of_only(model, entries) : model.first + ".";
    fit(model, prefix, entries);
  }
  if (!prefix.empty()) find_unused(entries);
}

void FileFit::find_clash(const Entries& entries) {
  std::set<std::string> seen;
  for (const Entry& entry : entries) {
    if (entry.mapped.left_out) continue;
    bool is_new = seen.insert(entry.mapped.name).second;
    if (!is_new && clash_.empty()) clash_ = entry.mapped.name;
  }
}

// A file of one model may omit its name.
std::string FileFit::prefix_of_only(const NamedModule& model,
                                    const Entries& entries) const {
  State own = module_state(*model.second);
  std::string prefix = model.first + ".";
  std::size_t bare = 0, prefixed = 0;
  for (const Entry& entry : entries) {
    const std::string& name = entry.mapped.name;
    bare += own.find(name) != nullptr ? 1 : 0;
    bool of_model = starts_with(name, prefix) &&
                    own.find(name.substr(prefix.size())) != nullptr;
    prefixed += of_model ? 1 : 0;
  }
  if (bare == prefixed) return file_.is_nested() ? prefix : "";
  return bare > prefixed ? "" : prefix;
}

void FileFit::fit(const NamedModule& model,
                  const std::string& prefix,
                  const Entries& entries) {
  ModelFit fit;
  fit.model = model;
  State own = module_state(*model.second);
  std::set<std::string> given;
  for (const Entry& entry : entries) {
    if (!starts_with(entry.mapped.name, prefix)) continue;
    std::string name = entry.mapped.name.substr(prefix.size());
    ++fit.entries;
    given.insert(name);
    take(fit, own, name, entry);
  }
  for (const std::string& name : own.names()) {
    if (given.count(name) == 0) fit.missing.push_back(name);
  }
  models_.push_back(std::move(fit));
}

void FileFit::take(ModelFit& fit,
                   const State& own,
                   const std::string& name,
                   const Entry& entry) {
  const State* to = own.find(name);
  if (entry.mapped.left_out) {
    if (to != nullptr) fit.left_out.push_back(name);
  } else if (to == nullptr) {
    fit.unexpected.push_back(name);
    unexpected_.push_back(entry.name);
  } else if (fits(*to, *entry.state)) {
    fit.taken.emplace_back(name, *entry.state);
  } else {
    fit.wrong.push_back(fmt::format("{} is {}, not {}", name,
                                    entry.state->describe(), to->describe()));
    wrong_.push_back(entry.name);
  }
}

void FileFit::find_unused(const Entries& entries) {
  for (const Entry& entry : entries) {
    bool used =
        std::any_of(models_.begin(), models_.end(), [&](const ModelFit& fit) {
          return starts_with(entry.mapped.name, fit.model.first + ".");
        });
    if (used || entry.mapped.left_out) continue;
    unused_.emplace_back(entry.mapped.name, *entry.state);
    if (!file_.is_checkpoint()) unexpected_.push_back(entry.name);
  }
}

std::size_t FileFit::taken() const {
  std::size_t count = 0;
  for (const ModelFit& fit : models_) count += fit.taken.size();
  return count;
}

std::string FileFit::problem(bool strict) const {
  if (!clash_.empty()) {
    return fmt::format("two of its entries are called '{}'{}", clash_,
                       mapped_ ? " after --init.map" : "");
  }
  for (const ModelFit& fit : models_) {
    if (fit.entries == 0) {
      return fmt::format("there is nothing for model '{}' in it, only {}",
                         fit.model.first, overview(unused_));
    }
    std::string problem = problem_of(fit, strict);
    if (!problem.empty()) return problem;
  }
  // Beside the models' dicts a checkpoint has other things; in one flat dict
  // a name that is of no model was meant for one.
  if (strict && !unused_.empty() && !file_.is_checkpoint()) {
    return "it has names of no model: " + overview(unused_);
  }
  return "";
}

}  // namespace thexp
