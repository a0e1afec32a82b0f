#pragma once

#include <cstddef>
#include <cstdint>

namespace thexp {

constexpr std::size_t kCrc32FoldBlock = 64;

/// Sixteen bytes with the same CRC-32 as all that was folded into them.
struct Crc32Rest {
  unsigned char bytes[16];
};

/// Whether this processor has carry-less multiplication.
bool crc32_can_fold();

/// Folds `bytes` bytes (a positive multiple of kCrc32FoldBlock) and the
/// CRC-32 of those before them into 16 bytes, after Gopal et al., "Fast CRC
/// Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel,
/// 2009). Only where crc32_can_fold().
void crc32_fold(const char* data,
                std::size_t bytes,
                std::uint32_t before,
                Crc32Rest& rest);

}  // namespace thexp
