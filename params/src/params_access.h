#pragma once

#include <string>
#include <utility>
#include <vector>

#include "given.h"
#include "thexp/params/params.h"

namespace thexp {

/// What the other files of this module may do with a Params.
struct ParamsAccess {
  using Entry = Params::Entry;

  static const std::vector<Entry>& entries(const Params& params) {
    return params.entries_;
  }
  static void apply(Params& params,
                    const std::string& key,
                    const Given& given,
                    std::string origin) {
    params.apply(key, given, std::move(origin));
  }
};

/// The parameters that are called `group`.something.
std::vector<std::string> members_of(const Params& params,
                                    const std::string& group);

/// Sets what `tree`, the content of a file, holds. @throws ParamError.
void apply_tree(Params& params, const Given& tree);

/// Loads a file as a person names it, its `base:` first; for messages, `where`
/// names who asked.
void load_yaml_file(Params& params,
                    const std::string& path,
                    const std::string& where);

}  // namespace thexp
