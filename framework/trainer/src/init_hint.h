#pragma once

#include <string>
#include <vector>

#include "registry.h"
#include "weight_file.h"

namespace thexp {

/// A file of weights, and the models that start from it.
struct WeightSource {
  const WeightFile* file;
  Models models;
};

/// Flags with which the files would fit, as somebody types them: " (with
/// --init.map=state_dict.model=net it fits)". They were tried, not guessed. ""
/// when there are none.
/// @param map the rules that are given, which may be a part of the answer.
std::string init_hint(const std::vector<WeightSource>& sources,
                      const std::string& map,
                      bool strict);

}  // namespace thexp
