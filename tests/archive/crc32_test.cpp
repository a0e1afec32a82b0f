#include "thexp/archive/crc32.h"

#include <zlib.h>

#include <cstdint>
#include <vector>

#include "catch.h"
#include "thexp/base/hash.h"

namespace {

using thexp::crc32_joined;
using thexp::crc32_of;

std::vector<unsigned char> random_bytes(std::size_t count) {
  std::vector<unsigned char> bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<unsigned char>(thexp::mix64(i));
  }
  return bytes;
}

uint32_t zlib_of(const unsigned char* data,
                 std::size_t bytes,
                 uint32_t before = 0) {
  return static_cast<uint32_t>(::crc32_z(before, data, bytes));
}

TEST_CASE("the CRC-32 is the standard one") {
  CHECK(crc32_of("123456789", 9) == 0xCBF43926);
  CHECK(crc32_of("", 0) == 0);
  CHECK(crc32_of(nullptr, 0, 7) == 7);
}

TEST_CASE("the CRC-32 equals zlib's at every length and alignment") {
  std::vector<unsigned char> bytes = random_bytes(1400);
  std::size_t wrong = 0;
  for (std::size_t start = 0; start < 67; ++start) {
    for (std::size_t count = 0; count <= 1300; ++count) {
      const unsigned char* data = bytes.data() + start;
      wrong += crc32_of(data, count) != zlib_of(data, count);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("the CRC-32 of a large piece equals zlib's") {
  std::vector<unsigned char> bytes = random_bytes((1 << 20) + 77);
  CHECK(crc32_of(bytes.data(), bytes.size()) ==
        zlib_of(bytes.data(), bytes.size()));
}

TEST_CASE("the CRC-32 goes on from any piece before") {
  std::vector<unsigned char> bytes = random_bytes(5000);
  uint32_t whole = zlib_of(bytes.data(), bytes.size());
  for (std::size_t cut : {0, 1, 63, 64, 65, 1000, 4936, 4999, 5000}) {
    INFO("cut at " << cut);
    uint32_t first = crc32_of(bytes.data(), cut);
    CHECK(crc32_of(bytes.data() + cut, 5000 - cut, first) == whole);
    uint32_t second = crc32_of(bytes.data() + cut, 5000 - cut);
    CHECK(crc32_joined(first, second, 5000 - cut) == whole);
  }
}

}  // namespace
