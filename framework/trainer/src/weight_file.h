#pragma once

#include <string>
#include <utility>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/state/state.h"

namespace thexp {

/// Names with dots, as they are in the file: {"net": {"0.weight": w}} is
/// "net.0.weight".
using WeightEntries = std::vector<std::pair<std::string, State>>;

/// A file of weights, read whole, its dicts flattened.
class WeightFile {
 public:
  /// @throws UsageError that says what the file is instead.
  explicit WeightFile(fs::path path);

  const fs::path& path() const { return path_; }
  const WeightEntries& entries() const { return entries_; }
  std::vector<std::string> names() const;

  /// It has dicts, by model or beside the weights.
  bool is_nested() const { return nested_; }
  /// It has more than weights, as a checkpoint.
  bool is_checkpoint() const;

  /// For run.json: path, size and checksum.
  Value::Dict record() const;

 private:
  fs::path path_;
  WeightEntries entries_;
  bool nested_ = false;
};

/// "state_dict (62 tensors), epoch": what somebody sees who opens the file.
std::string overview(const WeightEntries& entries);

}  // namespace thexp
