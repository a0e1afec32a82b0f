#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thexp {

// Makes lines of what a program writes piece by piece. Of a line that was
// rewritten by '\r' (a progress bar) only what is seen last counts.
class OutputLines {
 public:
  // The lines that this piece completes, each with its newline.
  std::string add(std::string_view piece);

  // The line that is open, completed; "" when none is.
  std::string end();

 private:
  void add_part(std::string_view part);
  void end_line(std::string& lines);

  std::string open_;
};

}  // namespace thexp
