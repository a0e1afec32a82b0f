#pragma once

#include <cstddef>
#include <string>

#include "thexp/tracking/run_record.h"

namespace thexp::cli {

struct LsOptions {
  std::string workspace;
  std::string experiment;
  bool json = false;
};

struct ShowOptions {
  std::string workspace;
  std::string run;
  bool json = false;
};

// What the command prints. Errors are thexp::Error.
std::string ls(const LsOptions& options);
std::string show(const ShowOptions& options);

// The fields of a record that every --json output has.
Value to_json(const RunRecord& run);

std::string run_duration(const RunRecord& run);

}  // namespace thexp::cli
