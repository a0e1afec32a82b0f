#include "sha256.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "thexp/base/error.h"

namespace thexp {
namespace {

// The fractional parts of the cube roots of the first 64 primes.
constexpr std::array<uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr std::size_t kBlock = 64;

uint32_t rotate(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

class Sha256 {
 public:
  void add(const unsigned char* data, std::size_t size) {
    bytes_ += size;
    while (size > 0) {
      std::size_t part = std::min(size, kBlock - filled_);
      std::memcpy(block_.data() + filled_, data, part);
      filled_ += part;
      data += part;
      size -= part;
      if (filled_ == kBlock) mix();
    }
  }

  std::string finish() {
    uint64_t bits = bytes_ * 8;
    unsigned char one = 0x80, zero = 0;
    add(&one, 1);
    while (filled_ != kBlock - 8) add(&zero, 1);
    for (int shift = 56; shift >= 0; shift -= 8) {
      auto byte = static_cast<unsigned char>(bits >> shift);
      add(&byte, 1);
    }
    std::string text;
    for (uint32_t word : state_) text += fmt::format("{:08x}", word);
    return text;
  }

 private:
  std::array<uint32_t, 64> schedule() const {
    std::array<uint32_t, 64> w{};
    for (std::size_t i = 0; i < 16; ++i) {
      const unsigned char* at = block_.data() + 4 * i;
      w[i] = uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 |
             uint32_t{at[2]} << 8 | uint32_t{at[3]};
    }
    for (std::size_t i = 16; i < 64; ++i) {
      uint32_t a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
             (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    return w;
  }

  void mix() {
    std::array<uint32_t, 64> w = schedule();
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t i = 0; i < 64; ++i) {
      uint32_t up = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                    ((e & f) ^ (~e & g)) + kRound[i] + w[i];
      uint32_t down = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                      ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + up;
      d = c, c = b, b = a, a = up + down;
    }
    std::array<uint32_t, 8> more = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state_[i] += more[i];
    filled_ = 0;
  }

  // The fractional parts of the square roots of the first eight primes.
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                    0xa54ff53a, 0x510e527f, 0x9b05688c,
                                    0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, kBlock> block_{};
  std::size_t filled_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

std::string sha256_of_file(const fs::path& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) throw FileError::cannot_open(path, errno);
  Sha256 hash;
  std::vector<unsigned char> buffer(1 << 20);
  while (std::size_t count =
             std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    hash.add(buffer.data(), count);
  }
  if (std::ferror(file.get()) != 0) throw FileError::cannot_read(path, errno);
  return hash.finish();
}

}  // namespace thexp
