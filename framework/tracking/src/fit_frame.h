#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thexp {

/// An inline line in at most `columns`, by display width. The date goes first;
/// then what stands before the last two parts (speed and times), or the last,
/// is cut: "epoch 1/5 | 34/150 | @loss=2.24... | 70.2k ex/s | 0m05s < 0m19s".
std::string fit_frame(std::string_view utf8, std::size_t columns);

}  // namespace thexp
