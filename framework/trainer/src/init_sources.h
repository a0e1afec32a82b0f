#pragma once

#include <string>
#include <vector>

#include "thexp/base/file.h"

namespace thexp {

/// A file that `--init.from` names.
struct InitSource {
  std::string model;  ///< "" for all models that no other source names
  fs::path path;
};

/// "FILE", "net=FILE", or several joined by commas. Paths may have commas and
/// equals signs, too: a part that is a file is one.
/// @throws UsageError for a file that is not there, and for two of one model.
std::vector<InitSource> parse_init_from(const std::string& text);

}  // namespace thexp
