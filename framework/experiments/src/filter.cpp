#include "thexp/experiments/filter.h"

#include <fmt/format.h>

#include <algorithm>

#include "filter_node.h"
#include "thexp/base/columns.h"
#include "thexp/base/error.h"

namespace thexp {

void throw_in_filter(std::string_view text,
                     std::size_t offset,
                     const std::string& problem) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  std::size_t column = display_width(line.substr(0, offset));
  throw UsageError(fmt::format("filter: {} (column {})\n  {}\n  {}^", problem,
                               column + 1, line, std::string(column, ' ')));
}

Filter::Filter() = default;

Filter::Filter(std::string_view text)
    : text_(text), root_(parse_filter(text_)) {}

bool Filter::matches(const RunEntry& run) const {
  return root_ == nullptr || root_->holds(run);
}

void Filter::check_names(const std::vector<RunEntry>& runs) const {
  if (root_ == nullptr) return;
  std::vector<const Node::Name*> names;
  root_->add_names(names);
  for (const Node::Name* name : names) {
    auto problem = problem_with(name->field, runs);
    if (problem) throw_in_filter(text_, name->offset, *problem);
  }
}

}  // namespace thexp
