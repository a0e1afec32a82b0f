#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thexp {

/// "a, b", or "nothing".
std::string list_names(const std::vector<std::string>& names);

/// How given names differ from the expected ones.
struct NameDifference {
  std::vector<std::string> missing;     ///< expected, but not given
  std::vector<std::string> unexpected;  ///< given, but not expected

  bool empty() const { return missing.empty() && unexpected.empty(); }

  /// "missing in the state: a; unexpected: nothing", with these two titles.
  std::string describe(const std::string& missing_title,
                       const std::string& unexpected_title) const;
};

/// Each list in the order in which its names were.
NameDifference compare_names(const std::vector<std::string>& expected,
                             const std::vector<std::string>& given);

/// Names for a line of a log: of more than `most`, these and "… (20 in all)".
std::string list_some(const std::vector<std::string>& names,
                      std::size_t most = 8,
                      std::string_view separator = ", ");

}  // namespace thexp
