#pragma once

#include <string>
#include <vector>

namespace thexp {

// A line of a file that people write: what it says, without comment and blanks,
// and where.
struct SetLine {
  std::string text;
  std::size_t number = 0;  // from 1
};

// Without empty ones. '#' begins a comment at a line's start or behind a blank:
// it may be a part of a name.
std::vector<SetLine> set_lines(const std::string& content);

}  // namespace thexp
