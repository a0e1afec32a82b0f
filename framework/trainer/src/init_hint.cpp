#include "init_hint.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "thexp/base/text.h"
#include "thexp/state/module_state.h"
#include "weight_fit.h"

namespace thexp {
namespace {

using Sources = std::vector<WeightSource>;
using Texts = std::vector<std::string>;

void add_once(Texts& texts, const std::string& text) {
  bool is_new = std::find(texts.begin(), texts.end(), text) == texts.end();
  if (is_new && !text.empty()) texts.push_back(text);
}

std::string joined(const std::string& rules, const std::string& more) {
  return rules.empty() || more.empty() ? rules + more : rules + "," + more;
}

bool has_part(const std::string& prefix, const std::string& name) {
  return ("." + prefix).find("." + name + ".") != std::string::npos;
}

// What stands before most of the model's names in the file: "state_dict.net.".
// Of equal ones, that with the model's name, else the first.
std::string prefix_in(const WeightFile& file, const NamedModule& model) {
  Texts own = module_state(*model.second).names();
  std::set<std::string> known(own.begin(), own.end());
  std::map<std::string, std::size_t> scores;
  std::string best;
  for (const std::string& name : file.names()) {
    for (std::size_t at = 0;; at = name.find('.', at) + 1) {
      std::string prefix = name.substr(0, at);
      if (known.count(name.substr(at)) > 0) {
        auto [score, is_new] = scores.try_emplace(prefix, 0);
        if (is_new && has_part(prefix, model.first)) ++score->second;
        score->second += 2;
        if (score->second > scores[best]) best = prefix;
      }
      if (name.find('.', at) == std::string::npos) break;
    }
  }
  return best;
}

// Takes a prefix away: "module.=" for a model's only file, and for several
// models what stands before their names.
std::string strip_rules(const Sources& sources) {
  Texts rules;
  for (const WeightSource& source : sources) {
    for (const NamedModule& model : source.models) {
      std::string prefix = prefix_in(*source.file, model);
      std::string name = model.first + ".";
      bool is_only = source.models.size() == 1;
      if (!is_only && !ends_with(prefix, name)) continue;
      if (!is_only) prefix.resize(prefix.size() - name.size());
      if (!prefix.empty()) add_once(rules, prefix + "=");
    }
  }
  return join(rules, ",");
}

// Says which entry each model is: "state_dict.model=net".
std::string entry_rules(const Sources& sources) {
  Texts rules;
  for (const WeightSource& source : sources) {
    for (const NamedModule& model : source.models) {
      std::string prefix = prefix_in(*source.file, model);
      if (prefix.empty() || prefix == model.first + ".") continue;
      add_once(rules, prefix.substr(0, prefix.size() - 1) + "=" + model.first);
    }
  }
  return join(rules, ",");
}

// Rules that leave these names out of a file, and nothing else of it.
Texts leave_out_rules(const Texts& names, const Texts& all) {
  std::set<std::string> wanted(names.begin(), names.end());
  auto is_whole = [&](const std::string& part) {
    return std::all_of(all.begin(), all.end(), [&](const std::string& name) {
      return !starts_with(name, part + ".") || wanted.count(name) > 0;
    });
  };
  Texts rules;
  for (std::string part : names) {
    for (std::size_t dot = part.rfind('.'); dot != std::string::npos;
         dot = part.rfind('.')) {
      if (!is_whole(part.substr(0, dot))) break;
      part.resize(dot);
    }
    add_once(rules, part + "=");
  }
  return rules;
}

// Rules that were tried, and what they bring.
struct Trial {
  std::string map;
  bool strict;
  std::size_t taken;

  bool is_better_than(const Trial& other) const {
    if (taken != other.taken) return taken > other.taken;
    if (strict != other.strict) return strict;
    return map.size() < other.map.size();
  }
};

class Search {
 public:
  Search(const Sources& sources, bool strict)
      : sources_(sources), strict_(strict) {
    for (const WeightSource& source : sources) {
      for (const NamedModule& model : source.models) {
        wanted_ += module_state(*model.second).size();
      }
      for (const std::string& name : source.file->names()) {
        names_.push_back(name);
      }
    }
  }

  // The rules as they are, and with what does not fit left out.
  void try_map(const std::string& map) {
    Texts wrong, odd;
    for (const FileFit& fit : fits(map)) {
      Texts all = fit.file().names();
      for (auto& rule : leave_out_rules(fit.wrong(), all)) {
        add_once(wrong, rule);
      }
      Texts both = fit.wrong();
      both.insert(both.end(), fit.unexpected().begin(), fit.unexpected().end());
      for (auto& rule : leave_out_rules(both, all)) add_once(odd, rule);
    }
    std::string without_wrong = joined(join(wrong, ","), map);
    if (wrong.size() <= kMostLeftOut) {
      judge(without_wrong, strict_);
      judge(without_wrong, false);
    }
    if (odd.size() <= kMostLeftOut) {
      judge(joined(join(odd, ","), map), strict_);
    }
  }

  // A few names that are alike by chance are no help.
  const Trial* best() const {
    bool helps = best_ && best_->taken > 0 && 2 * best_->taken >= wanted_;
    return helps ? &*best_ : nullptr;
  }
  std::size_t wanted() const { return wanted_; }

 private:
  static constexpr std::size_t kMostLeftOut = 4;  // as a person would type

  std::vector<FileFit> fits(const std::string& map) const {
    InitRules rules(map);
    std::vector<FileFit> fits;
    for (const WeightSource& source : sources_) {
      fits.emplace_back(*source.file, rules, source.models);
    }
    return fits;
  }

  void judge(const std::string& map, bool strict) {
    if (!InitRules(map).unused(names_).empty()) return;
    Trial trial{map, strict, 0};
    for (const FileFit& fit : fits(map)) {
      if (!fit.problem(strict).empty()) return;
      trial.taken += fit.taken();
    }
    if (!best_ || trial.is_better_than(*best_)) best_ = trial;
  }

  const Sources& sources_;
  bool strict_;
  std::size_t wanted_ = 0;  // tensors of all models
  Texts names_;             // in all files
  std::optional<Trial> best_;
};

// A name with a comma or an equals sign cannot be in a rule.
bool can_be_typed(const Sources& sources) {
  return std::all_of(
      sources.begin(), sources.end(), [](const WeightSource& source) {
        Texts names = source.file->names();
        return join(names, "").find_first_of(",=\"'\\ ") == std::string::npos;
      });
}

}  // namespace

std::string init_hint(const Sources& sources,
                      const std::string& map,
                      bool strict) {
  if (!can_be_typed(sources)) return "";
  Search search(sources, strict);
  for (const std::string& rules :
       {std::string(), strip_rules(sources), entry_rules(sources)}) {
    search.try_map(rules);
    if (map.empty()) continue;
    search.try_map(joined(rules, map));
    search.try_map(joined(map, rules));
  }
  const Trial* found = search.best();
  if (found == nullptr) return "";
  Texts flags;
  if (!found->map.empty()) flags.push_back("--init.map=" + found->map);
  if (strict && !found->strict) flags.push_back("--no-init.strict");
  bool is_whole = found->taken == search.wanted();
  std::string result =
      is_whole ? "it fits"
               : fmt::format(
                     "{} of {} tensors are taken, and the others stay "
                     "as the program made them",
                     found->taken, search.wanted());
  if (flags.empty()) return "\n(without --init.map it fits)";
  return fmt::format("\n(with {} {})", join(flags, " "), result);
}

}  // namespace thexp
