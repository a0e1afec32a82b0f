#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thexp {

/// An inline line in at most `columns`, by display width. What matters least
/// goes first: the date; then whole parts (between " | ") from the right, down
/// to the one behind the meters ("@loss=0.21  @acc=0.93"); then meters from the
/// right, but the first; then that part. What is still too long is cut.
std::string fit_frame(std::string_view utf8, std::size_t columns);

}  // namespace thexp
