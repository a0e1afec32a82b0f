#pragma once

#include <string>

#include "thexp/base/file.h"

namespace thexp {

// The SHA-256 (FIPS 180-4) of a file's content, as 64 hexadecimal digits: Git
// LFS names contents by it. @throws FileError
std::string sha256_of_file(const fs::path& path);

}  // namespace thexp
