#include "init_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

// The beginning of a name that ends with `old`, or else is written like it.
std::string similar_part(const std::string& old,
                         const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const std::string& name : names) {
    for (std::size_t dot = name.find('.');; dot = name.find('.', dot + 1)) {
      std::string part = name.substr(0, dot);
      if (ends_with(part, "." + old)) return part;
      bool is_new = parts.empty() || parts.back() != part;
      if (is_new) parts.push_back(part);
      if (dot == std::string::npos) break;
    }
  }
  return closest_match(old, parts);
}

// The rule with what may be meant.
std::string corrected(const InitRule& rule,
                      const std::vector<std::string>& names) {
  std::string old = rule.old();
  if (old.back() == '.') old.pop_back();
  return similar_part(old, names) + rule.text().substr(old.size());
}

}  // namespace

InitRule::InitRule(const std::string& text) : text_(text) {
  std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError(fmt::format(
        "--init.map: '{}' is not old=new (several are joined by commas)",
        text));
  }
  old_ = text.substr(0, equals);
  new_ = text.substr(equals + 1);
}

bool InitRule::matches(const std::string& name) const {
  bool whole_parts = old_.back() == '.' || name.size() == old_.size() ||
                     (name.size() > old_.size() && name[old_.size()] == '.');
  return starts_with(name, old_) && whole_parts;
}

std::string InitRule::rename(const std::string& name) const {
  return new_ + name.substr(old_.size());
}

InitRules::InitRules(const std::string& text) {
  if (text.empty()) return;
  for (const std::string& rule : split(text, ',')) rules_.emplace_back(rule);
}

MappedName InitRules::apply(const std::string& name) const {
  MappedName mapped{name, false};
  bool renamed = false;
  for (const InitRule& rule : rules_) {
    if (!rule.matches(name)) continue;
    if (rule.leaves_out()) {
      mapped.left_out = true;
    } else if (!renamed) {
      renamed = true;
      mapped.name = rule.rename(name);
    }
  }
  return mapped;
}

std::vector<InitRule> InitRules::unused(
    const std::vector<std::string>& names) const {
  std::vector<InitRule> unused;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    bool used =
        std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          auto first = std::find_if(
              rules_.begin(), rules_.end(), [&](const InitRule& rule) {
                return rule.leaves_out() == rules_[i].leaves_out() &&
                       rule.matches(name);
              });
          return first == rules_.begin() + static_cast<std::ptrdiff_t>(i);
        });
    if (!used) unused.push_back(rules_[i]);
  }
  return unused;
}

void InitRules::require_used(const std::vector<std::string>& names) const {
  std::vector<InitRule> wrong = unused(names);
  if (wrong.empty()) return;
  const std::string& text = wrong.front().text();
  std::string near = corrected(wrong.front(), names);
  std::string hint =
      would_be_used(text, near, names)
          ? fmt::format("did you mean '{}'?", near)
          : "rules speak of whole parts of the names in the file ('thexp ckpt "
            "show FILE' lists them), and for each name the first that matches "
            "counts";
  throw UsageError(fmt::format(
      "--init.map: '{}' matches no name in the file; {}", text, hint));
}

// Whether it helps to write one rule like another.
bool InitRules::would_be_used(const std::string& text,
                              const std::string& other,
                              const std::vector<std::string>& names) const {
  if (other[0] == '=') return false;  // nothing was similar
  InitRules changed = *this;
  for (InitRule& rule : changed.rules_) {
    if (rule.text() == text) rule = InitRule(other);
  }
  return changed.unused(names).size() < unused(names).size();
}

}  // namespace thexp
