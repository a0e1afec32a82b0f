#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace thexp {

class ParamError;
class Params;

/// On the command line '-' and '_' are the same in a name.
bool same_name(std::string_view a, std::string_view b);

/// The keys that a person may have meant by `key`, the likeliest first: one
/// that is spelled nearly so, those that end in the same word ("lr" for
/// "optim.lr"), else those whose last word begins so, or is made of words in it
/// ("data.workers" for "num_workers"), else those of the same group. At most
/// five.
std::vector<std::string> near_keys(const std::string& key,
                                   const std::vector<std::string>& known);

/// `key` is not declared. Those in near_keys() are suggested; where there are
/// none, those whose help has all the words of `key` ("learning_rate").
ParamError unknown_param(const std::string& where,
                         const std::string& key,
                         const Params& params);

/// What unknown_param() suggests.
std::vector<std::string> near_params(const std::string& key,
                                     const Params& params);

/// "a", "a or b", "a, b or c".
std::string join_or(const std::vector<std::string>& names);

}  // namespace thexp
