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

std::string list_some(const std::vector<std::string>& names,
                      std::size_t most,
                      std::string_view separator) {
  if (names.size() <= most) return join(names, separator);
  auto end = names.begin() + static_cast<std::ptrdiff_t>(most);
  std::vector<std::string> some(names.begin(), end);
  some.push_back(fmt::format("… ({} in all)", names.size()));
  return join(some, separator);
}

}  // namespace thexp
