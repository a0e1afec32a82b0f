#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace thexp {

/// Tells contents apart: XXH3 (Collet 2019), 128 bits, as 32 lowercase
/// hexadecimal digits. Fast, and no proof against forgery.
std::string content_hash(std::string_view bytes);

/// The same of a file's content. @throws FileError with path and errno.
std::string content_hash_of_file(const std::filesystem::path& path);

}  // namespace thexp
