#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace thexp {

/// On the command line '-' and '_' are the same in a name.
bool same_name(std::string_view a, std::string_view b);

/// The keys that a person may have meant by `key`, the likeliest first: one
/// that is spelled nearly so, those that end in the same word ("lr" for
/// "optim.lr"), else those whose last word begins so, else those of the same
/// group. At most five.
std::vector<std::string> near_keys(const std::string& key,
                                   const std::vector<std::string>& known);

/// "a", "a or b", "a, b or c".
std::string join_or(const std::vector<std::string>& names);

}  // namespace thexp
