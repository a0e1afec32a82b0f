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

struct CkptShowOptions {
  std::string file;
  bool json = false;
};

struct CkptDiffOptions {
  std::string first;
  std::string second;
};

struct CkptConvertOptions {
  std::string from;
  std::string to;
  bool tensors_only = false;
  std::string dtype;  // "" leaves the types as they are
};

// What a command prints, and how the tool then ends.
struct Output {
  std::string text;
  int exit_code = 0;
};

// Errors are thexp::Error.
Output ls(const LsOptions& options);
Output show(const ShowOptions& options);
Output ckpt_show(const CkptShowOptions& options);
Output ckpt_diff(const CkptDiffOptions& options);
Output ckpt_convert(const CkptConvertOptions& options);

// The fields of a record that every --json output has.
Value to_json(const RunRecord& run);

std::string run_duration(const RunRecord& run);

}  // namespace thexp::cli
