#pragma once

#include <string>
#include <vector>

namespace thexp {

/// One `old=new` of `--init.map`. It matches whole parts of a name: "fc" is in
/// "fc.weight", not in "fc2".
class InitRule {
 public:
  /// @throws UsageError
  explicit InitRule(const std::string& text);

  bool matches(const std::string& name) const;
  /// True for "fc=": such names are left out. "module.=" takes a prefix away.
  bool leaves_out() const { return new_.empty() && old_.back() != '.'; }
  /// Of a name that matches.
  std::string rename(const std::string& name) const;

  const std::string& text() const { return text_; }
  const std::string& old() const { return old_; }

 private:
  std::string text_, old_, new_;
};

/// What the rules make of a name in a file.
struct MappedName {
  std::string name;
  bool left_out = false;  ///< `name` is what it would be without that
};

/// `--init.map`: for each name the first rule that matches counts, and beside
/// it the first that leaves out.
class InitRules {
 public:
  InitRules() = default;
  /// @param text rules joined by commas, or "". @throws UsageError
  explicit InitRules(const std::string& text);

  MappedName apply(const std::string& name) const;

  /// The rules that match none of the names.
  std::vector<InitRule> unused(const std::vector<std::string>& names) const;
  /// @throws UsageError that names such a rule, and what may be meant.
  void require_used(const std::vector<std::string>& names) const;

  bool empty() const { return rules_.empty(); }

 private:
  bool would_be_used(const std::string& text,
                     const std::string& other,
                     const std::vector<std::string>& names) const;

  std::vector<InitRule> rules_;
};

}  // namespace thexp
