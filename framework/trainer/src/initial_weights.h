#pragma once

#include <string>
#include <utility>
#include <vector>

#include "registry.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/state/module_state.h"
#include "thexp/state/state.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// One `old=new` of `--init.map`.
class Renaming {
 public:
  /// @throws UsageError
  explicit Renaming(const std::string& rule);

  /// The new name; the same when the rule does not match.
  std::string apply(const std::string& name);

  bool was_used() const { return used_; }
  const std::string& rule() const { return rule_; }

 private:
  std::string rule_, old_, new_;
  bool used_ = false;
};

/// @throws UsageError where the flags say how to take weights from a file, and
/// none is named.
void check_init_flags(const TrainerParams& params);

/// What `--init.from`, `--init.map` and `--init.strict` ask for: models that
/// start from weights in files.
class InitialWeights {
 public:
  InitialWeights(const TrainerParams& params, const Models& models);

  /// @throws UsageError for what the flags cannot mean; FileError and
  /// FormatError naming the file, the model, and all that does not fit.
  void load();

  /// For the log: a line for each model, and for what was left out.
  const std::vector<std::string>& lines() const { return lines_; }

  /// For run.json: path, size and checksum of each file, and which models it
  /// was for.
  const Value& record() const { return record_; }

 private:
  using Names = std::vector<std::pair<std::string, State>>;

  struct Source {
    std::string model;  // "" for all that no other source names
    fs::path path;
  };

  struct Content {
    Names names;          // dotted, renamed
    bool nested = false;  // it has dicts, by model or beside the weights
    bool whole = false;   // a checkpoint, with more than weights
  };

  std::vector<Source> parse_sources(const std::string& text) const;
  std::string model_before_equals(const std::string& text) const;
  Models models_for(const Source& source) const;
  Content read(const fs::path& path);
  void load_source(const Source& source);
  static std::string prefix_of_only(const NamedModule& model,
                                    const Content& content);
  State state_for(const std::string& model,
                  const Content& content,
                  const std::string& prefix,
                  const fs::path& path) const;
  void load_model(const NamedModule& model,
                  const State& state,
                  const fs::path& path);
  void look_at_unused(const Content& content,
                      const Models& models,
                      const fs::path& path);
  void check_renamings() const;

  const Models& models_;
  bool strict_;
  std::vector<Renaming> renamings_;
  std::vector<Source> sources_;
  std::vector<std::string> lines_;
  Value record_ = Value::List{};
};

}  // namespace thexp
