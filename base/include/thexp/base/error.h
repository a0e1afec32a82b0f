#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace thexp {

/// Base of everything that the library throws on purpose. A message says what
/// failed, the offending value, where, and what would be right.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller used an interface in a way that cannot work (a second
/// `add_model("net", …)`, a missing registration): a bug in the program.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// A file or folder could not be read, written, or found.
class FileError : public Error {
 public:
  using Error::Error;

  /// "cannot open 'a/b' for reading: No such file or directory (errno 2)"
  static FileError system(const std::string& what,
                          const std::string& path,
                          int error_number);

  static FileError cannot_open(const std::string& path, int error_number);
  static FileError cannot_read(const std::string& path, int error_number);
  static FileError cannot_list(const std::string& folder, int error_number);
  static FileError cannot_append(const std::string& path, int error_number);
  static FileError cannot_create_folder(const std::string& folder,
                                        int error_number);
};

/// A file was read, but it does not hold what its format promises.
class FormatError : public Error {
 public:
  using Error::Error;

  /// "<path>: <problem>"
  static FormatError in_file(const std::string& path,
                             const std::string& problem);

  /// "<path>: <problem> (at offset 17)"
  static FormatError at_offset(const std::string& path,
                               const std::string& problem,
                               uint64_t offset);
};

}  // namespace thexp
