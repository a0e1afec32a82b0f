#pragma once

#include <string>

namespace CLI {
class App;
}

namespace thexp::cli {

// The manual page thexp(1) as roff, made from the tree of the tool.
std::string man_page(const CLI::App& app);

}  // namespace thexp::cli
