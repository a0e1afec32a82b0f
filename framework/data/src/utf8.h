#pragma once

#include <cstddef>
#include <string_view>

namespace thexp::internal {

/// Bytes of the character at `offset` (1 to 4), or 0 when the bytes there are
/// not UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
std::size_t character_bytes(std::string_view text, std::size_t offset);

}  // namespace thexp::internal
