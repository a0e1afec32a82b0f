#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <string>

namespace thexp {

/// What went wrong, without the C++ stack that LibTorch's errors append.
inline std::string message_of(const std::exception& error) {
  auto torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error == nullptr ? error.what()
                                : torch_error->what_without_backtrace();
}

}  // namespace thexp
