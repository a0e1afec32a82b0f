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

FileError FileError::cannot_open(const std::string& path, int error_number) {
  return system("cannot open for reading", path, error_number);
}

FileError FileError::cannot_read(const std::string& path, int error_number) {
  return system("cannot read", path, error_number);
}

FileError FileError::cannot_list(const std::string& folder, int error_number) {
  return system("cannot list", folder, error_number);
}

FileError FileError::cannot_append(const std::string& path, int error_number) {
  return system("cannot append to", path, error_number);
}

FileError FileError::cannot_create_folder(const std::string& folder,
                                          int error_number) {
  return system("cannot create folder", folder, error_number);
}

FormatError FormatError::in_file(const std::string& path,
                                 const std::string& problem) {
  return FormatError(fmt::format("{}: {}", path, problem));
}

FormatError FormatError::at_offset(const std::string& path,
                                   const std::string& problem,
                                   uint64_t offset) {
  return in_file(path, fmt::format("{} (at offset {})", problem, offset));
}

}  // namespace thexp
