#pragma once

#include <string>

#include "commands.h"

namespace thexp::cli {

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

Output ckpt_show(const CkptShowOptions& options);
Output ckpt_diff(const CkptDiffOptions& options);
Output ckpt_convert(const CkptConvertOptions& options);

}  // namespace thexp::cli
