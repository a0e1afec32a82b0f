#pragma once

#include <string>

namespace thexp {

/// Stands in a tree for what is not plain data, such as a Python object of
/// some class: nothing of it was executed or loaded.
struct ForeignObject {
  std::string what;  ///< "the Python object 'argparse.Namespace'"
  std::string path;  ///< where it is: "hyper_parameters/args"

  /// "'hyper_parameters/args' is the Python object 'argparse.Namespace', which
  /// is not plain data and was not loaded"
  std::string message() const;
};

}  // namespace thexp
