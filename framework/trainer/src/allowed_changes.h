#pragma once

#include <string>
#include <vector>

#include "thexp/base/value.h"

namespace thexp {

/// What `--allow=params,data,device,callbacks` allows to differ of `origin`,
/// the run or the checkpoint to go on with.
class AllowedChanges {
 public:
  /// @throws UsageError for any other word.
  AllowedChanges(const std::string& words, std::string origin);

  /// Compares a part of the fingerprint. @throws UsageError with the
  /// differences and the --allow that would let them pass.
  void check(const std::string& word,
             const Value& saved,
             const Value& now) const;

  bool allows(const std::string& word) const;
  /// The flag with which `word` would be allowed, too.
  std::string flag_with(const std::string& word) const;

 private:
  std::vector<std::string> words_;
  std::string origin_;
};

}  // namespace thexp
