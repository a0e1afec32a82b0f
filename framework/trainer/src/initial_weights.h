#pragma once

#include <string>
#include <vector>

#include "init_hint.h"
#include "init_rules.h"
#include "registry.h"
#include "thexp/base/value.h"
#include "thexp/trainer/trainer_params.h"
#include "weight_file.h"
#include "weight_fit.h"

namespace thexp {

/// @throws UsageError where the flags say how to take weights from a file, and
/// none is named.
void check_init_flags(const TrainerParams& params);

/// What `--init.from`, `--init.map` and `--init.strict` ask for: models that
/// start from weights in files.
class InitialWeights {
 public:
  /// Reads the files, so that what is wrong with them or with the flags is
  /// known before there is a run. @throws UsageError
  explicit InitialWeights(const TrainerParams& params);

  /// @throws UsageError for a model that there is not; FormatError naming the
  /// file, the model, all that does not fit, and flags with which it would.
  void load(const Models& models);

  /// For the log: a line for each model, and for what was left out.
  const std::vector<std::string>& lines() const { return lines_; }

  /// For run.json: path, size and checksum of each file, and which models it
  /// was for.
  const Value& record() const { return record_; }

 private:
  struct Source {
    std::string model;  // "" for all that no other source names
    WeightFile file;
  };

  Models models_for(const Source& source, const Models& models) const;
  void load(const ModelFit& fit, const fs::path& path);
  void say(const std::string& model,
           const char* what,
           const std::vector<std::string>& names);
  void note(const FileFit& fit);

  std::string map_;
  InitRules rules_;
  bool strict_;
  std::vector<Source> sources_;
  std::vector<std::string> lines_;
  Value record_ = Value::List{};
};

}  // namespace thexp
