#pragma once

#include <cstdint>
#include <string_view>

namespace thexp {

// CRC-32C (Castagnoli, RFC 3720 B.4), which records of event files have.
uint32_t crc32c_of(std::string_view bytes);

}  // namespace thexp
