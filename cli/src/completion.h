#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace thexp::cli {

// What can stand at the end of a command line: `words` are those behind
// "thexp", the last one is begun (or ""). Commands and options come from the
// tree of the tool, runs from the workspace. A line each; "" leaves the word to
// the shell, which knows files.
std::string complete(const CLI::App& app,
                     const std::vector<std::string>& words);

}  // namespace thexp::cli
