#include "crc32_fold.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace thexp {
namespace {

#define THEXP_CLMUL __attribute__((target("pclmul,sse4.1")))
#define THEXP_WIDE_CLMUL __attribute__((target("avx512f,vpclmulqdq")))

// A step over n bits in the message multiplies by x^(n+32) and x^(n-32) modulo
// the polynomial; here bit-reflected.
constexpr long long kBy16Bytes[] = {0x1751997d0, 0x0ccaa009e};
constexpr long long kBy64Bytes[] = {0x154442bd4, 0x1c6e41596};
constexpr long long kBy256Bytes[] = {0x11542778a, 0x1322d1430};

THEXP_CLMUL inline __m128i load(const void* data) {
  return _mm_loadu_si128(static_cast<const __m128i*>(data));
}

THEXP_CLMUL inline __m128i step_of(const long long (&powers)[2]) {
  return _mm_set_epi64x(powers[1], powers[0]);
}

// Moves `value` one step on in the message and adds what is there.
THEXP_CLMUL inline __m128i fold(__m128i value, __m128i step, __m128i there) {
  __m128i low = _mm_clmulepi64_si128(value, step, 0x00);
  __m128i high = _mm_clmulepi64_si128(value, step, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

THEXP_CLMUL inline __m128i start_value(std::uint32_t before) {
  return _mm_cvtsi32_si128(static_cast<int>(~before));
}

// 64 bytes in a row become 16.
THEXP_CLMUL inline void finish(
    __m128i a, __m128i b, __m128i c, __m128i d, Crc32Rest& rest) {
  const __m128i step = step_of(kBy16Bytes);
  b = fold(a, step, b);
  c = fold(b, step, c);
  d = fold(c, step, d);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest.bytes), d);
}

THEXP_CLMUL void fold_narrow(const char* data,
                             std::size_t bytes,
                             std::uint32_t before,
                             Crc32Rest& rest) {
  const __m128i step = step_of(kBy64Bytes);
  __m128i a = _mm_xor_si128(load(data), start_value(before));
  __m128i b = load(data + 16), c = load(data + 32), d = load(data + 48);
  for (std::size_t at = 64; at < bytes; at += 64) {
    a = fold(a, step, load(data + at));
    b = fold(b, step, load(data + at + 16));
    c = fold(c, step, load(data + at + 32));
    d = fold(d, step, load(data + at + 48));
  }
  finish(a, b, c, d, rest);
}

THEXP_WIDE_CLMUL inline __m512i load_wide(const char* data) {
  return _mm512_loadu_si512(data);
}

THEXP_WIDE_CLMUL inline __m512i wide_step_of(const long long (&powers)[2]) {
  return _mm512_set4_epi64(powers[1], powers[0], powers[1], powers[0]);
}

THEXP_WIDE_CLMUL inline __m512i fold_wide(__m512i value,
                                          __m512i step,
                                          __m512i there) {
  constexpr int kXorOfThree = 0x96;
  __m512i low = _mm512_clmulepi64_epi128(value, step, 0x00);
  __m512i high = _mm512_clmulepi64_epi128(value, step, 0x11);
  return _mm512_ternarylogic_epi64(low, high, there, kXorOfThree);
}

// The same with four times as wide registers, for at least 256 bytes.
THEXP_WIDE_CLMUL void fold_rows(const char* data,
                                std::size_t bytes,
                                std::uint32_t before,
                                Crc32Rest& rest) {
  const __m512i far = wide_step_of(kBy256Bytes);
  const __m512i near = wide_step_of(kBy64Bytes);
  __m512i start = _mm512_zextsi128_si512(start_value(before));
  __m512i a = _mm512_xor_si512(load_wide(data), start);
  __m512i b = load_wide(data + 64), c = load_wide(data + 128);
  __m512i d = load_wide(data + 192);
  std::size_t at = 256;
  for (; at + 256 <= bytes; at += 256) {
    a = fold_wide(a, far, load_wide(data + at));
    b = fold_wide(b, far, load_wide(data + at + 64));
    c = fold_wide(c, far, load_wide(data + at + 128));
    d = fold_wide(d, far, load_wide(data + at + 192));
  }
  d = fold_wide(fold_wide(fold_wide(a, near, b), near, c), near, d);
  for (; at < bytes; at += 64) d = fold_wide(d, near, load_wide(data + at));
  char row[64];
  _mm512_storeu_si512(row, d);
  finish(load(row), load(row + 16), load(row + 32), load(row + 48), rest);
}

bool can_fold_wide() {
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("vpclmulqdq");
}

}  // namespace

bool crc32_can_fold() {
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

void crc32_fold(const char* data,
                std::size_t bytes,
                std::uint32_t before,
                Crc32Rest& rest) {
  static const bool is_wide = can_fold_wide();
  auto* function = is_wide && bytes >= 256 ? fold_rows : fold_narrow;
  function(data, bytes, before, rest);
}

}  // namespace thexp

#else

#include <cstdlib>

namespace thexp {

bool crc32_can_fold() { return false; }
void crc32_fold(const char*, std::size_t, std::uint32_t, Crc32Rest&) {
  std::abort();  // nobody calls it here
}

}  // namespace thexp

#endif
