#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "init_rules.h"
#include "registry.h"
#include "thexp/state/state.h"
#include "weight_file.h"

namespace thexp {

/// What one model takes from a file.
struct ModelFit {
  NamedModule model;
  State::Dict taken;                    ///< under the module's names
  std::vector<std::string> missing;     ///< in the file; the module's names
  std::vector<std::string> left_out;    ///< of these, what a rule leaves out
  std::vector<std::string> unexpected;  ///< names that the module lacks
  std::vector<std::string> wrong;       ///< "fc.weight is …, not …"
  std::size_t entries = 0;              ///< of the file, under the model's name
};

/// What models take from one file under the rules of `--init.map`. Nothing is
/// loaded.
class FileFit {
 public:
  FileFit(const WeightFile& file, const InitRules& rules, const Models& models);

  const WeightFile& file() const { return file_; }
  const std::vector<ModelFit>& models() const { return models_; }
  /// Entries that are of none of the models.
  const WeightEntries& unused() const { return unused_; }

  /// What does not fit, or "".
  std::string problem(bool strict) const;

  /// Tensors that are taken.
  std::size_t taken() const;
  /// The file's own names of what cannot be taken, and of what the models lack.
  const std::vector<std::string>& wrong() const { return wrong_; }
  const std::vector<std::string>& unexpected() const { return unexpected_; }

 private:
  struct Entry {
    MappedName mapped;
    std::string name;  // in the file
    const State* state;
  };
  using Entries = std::vector<Entry>;

  void find_clash(const Entries& entries);
  void fit(const NamedModule& model,
           const std::string& prefix,
           const Entries& entries);
  void take(ModelFit& fit,
            const State& own,
            const std::string& name,
            const Entry& entry);
  void find_unused(const Entries& entries);
  std::string prefix_of_only(const NamedModule& model,
                             const Entries& entries) const;

  const WeightFile& file_;
  std::vector<ModelFit> models_;
  WeightEntries unused_;
  std::string clash_;  // a name that two entries have
  bool mapped_;
  std::vector<std::string> wrong_, unexpected_;
};

}  // namespace thexp
