#include "thexp/base/names.h"

#include <fmt/format.h>

#include <unordered_set>

#include "thexp/base/text.h"

namespace thexp {
namespace {

using Names = std::vector<std::string>;

Names without(const Names& names, const Names& others) {
  std::unordered_set<std::string> known(others.begin(), others.end());
  Names rest;
  for (const std::string& name : names) {
    if (known.count(name) == 0) rest.push_back(name);
  }
  return rest;
}

}  // namespace

std::string list_names(const Names& names) {
  return names.empty() ? "nothing" : join(names, ", ");
}

std::string NameDifference::describe(
    const std::string& missing_title,
    const std::string& unexpected_title) const {
  return fmt::format("{}: {}; {}: {}", missing_title, list_names(missing),
                     unexpected_title, list_names(unexpected));
}

NameDifference compare_names(const Names& expected, const Names& given) {
  return {without(expected, given), without(given, expected)};
}

}  // namespace thexp
