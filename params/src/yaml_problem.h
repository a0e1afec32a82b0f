#pragma once

#include <yaml-cpp/mark.h>

#include <string>
#include <string_view>

namespace thexp {

/// What is wrong where yaml-cpp says `message`: its words, or plainer ones,
/// with what would be right, for what people write most often.
std::string yaml_problem(const std::string& message,
                         std::string_view text,
                         const YAML::Mark& mark);

}  // namespace thexp
