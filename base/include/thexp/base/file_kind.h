#pragma once

#include <string>
#include <string_view>

#include "thexp/base/file.h"

namespace thexp {

/// As many of a file's first bytes as tell its kind.
constexpr std::size_t kFileKindBytes = 512;

/// For the message about a file that is not what was expected: what its first
/// bytes say that it is, and what helps, "a Git LFS pointer, not the file
/// itself ('git lfs pull' fetches that)". Text of no known kind is quoted in
/// part. "" when they say nothing.
std::string file_kind(std::string_view start);
std::string file_kind_of(const fs::path& path);

/// @throws FormatError "<file>: not <wanted>, but <kind>", where the kind is
/// known.
void refuse_kind(const std::string& file,
                 const std::string& kind,
                 const std::string& wanted);

/// The same for who reads tables: "" for text that is no page. And for who
/// reads text: "" for any.
std::string foreign_to_table(std::string_view start);
std::string foreign_to_text(std::string_view start);

}  // namespace thexp
