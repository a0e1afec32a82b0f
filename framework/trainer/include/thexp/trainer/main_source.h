#pragma once

#include <string>

namespace thexp {

/// Tells which source file has the program's main(): its repository is the one
/// that runs keep a snapshot of. `thexp::run` does it; a main() of your own
/// may, before it makes a Trainer:
///
///     thexp::set_main_source(__FILE__);
void set_main_source(std::string file);

/// What was told, or "".
const std::string& main_source();

}  // namespace thexp
