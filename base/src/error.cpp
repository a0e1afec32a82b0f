#include "thexp/base/error.h"

#include <fmt/format.h>

#include <cstring>

namespace thexp {

FileError FileError::system(const std::string& what,
                            const std::string& path,
                            int error_number) {
  return FileError(fmt::format("{} '{}': {} (errno {})", what, path,
                               std::strerror(error_number), error_number));
}

FormatError FormatError::in_file(const std::string& path,
                                 const std::string& problem) {
  return FormatError(fmt::format("{}: {}", path, problem));
}

}  // namespace thexp
