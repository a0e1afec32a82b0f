#pragma once

#include <string>

namespace thexp {

/// The place of an entry in a tree, for messages: "optim/state/0".
inline std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "/" + key;
}

}  // namespace thexp
