#include "thexp/archive/elements.h"

#include <limits>
#include <string>

#include "catch.h"
#include "thexp/archive/crc32.h"
#include "thexp/base/error.h"

namespace {

using thexp::ArchiveBytes;
using thexp::ArchiveTensor;
using thexp::ElementReader;
using thexp::ElementType;
using Sizes = std::vector<int64_t>;

const std::string kLetters = "abcdefghijklmnopqrstuvwx";

ArchiveTensor letters(Sizes sizes, Sizes strides, int64_t offset = 0) {
  auto storage = std::make_shared<ArchiveBytes>(
      ArchiveBytes{kLetters.data(), kLetters.size(), nullptr});
  return {ElementType::kUInt8, std::move(sizes), std::move(strides), offset,
          storage};
}

// All elements, taken `piece` at a time.
std::string elements(const ArchiveTensor& tensor, std::size_t piece) {
  ElementReader reader(tensor);
  std::string all, some(piece, '\0');
  while (std::size_t count = reader.read(some.data(), piece)) {
    all += some.substr(0, count);
  }
  CHECK(reader.bytes_left() == 0);
  return all;
}

TEST_CASE("elements come in row-major order, whatever strides and pieces") {
  for (std::size_t piece : {1, 2, 3, 5, 7, 100}) {
    INFO("pieces of " << piece);
    CHECK(elements(letters({2, 3}, {3, 1}), piece) == "abcdef");
    CHECK(elements(letters({3, 2}, {1, 3}), piece) == "adbecf");
    CHECK(elements(letters({2, 2}, {10, 2}, 3), piece) == "dfnp");
    CHECK(elements(letters({2, 3}, {0, 1}), piece) == "abcabc");
    CHECK(elements(letters({2, 3}, {1, 0}), piece) == "aaabbb");
    CHECK(elements(letters({2, 2, 2}, {1, 4, 2}), piece) == "acegbdfh");
    CHECK(elements(letters({}, {}, 5), piece) == "f");
    CHECK(elements(letters({3, 0}, {1, 1}), piece) == "");
  }
}

TEST_CASE("elements of several bytes stay whole") {
  ArchiveTensor pairs = letters({2, 3}, {1, 2});
  pairs.type = ElementType::kInt16;
  CHECK(pairs.storage->size == 24);
  ElementReader reader(pairs);
  CHECK(reader.bytes_left() == 12);
  std::string bytes(12, '\0');
  CHECK(reader.read(bytes.data(), 6) == 6);
  CHECK(bytes == "abefijcdghkl");
}

TEST_CASE("a size of 1 may have any stride") {
  constexpr auto kHuge = std::numeric_limits<int64_t>::max();
  CHECK(elements(letters({1, 2, 1}, {kHuge, 1, kHuge}), 1) == "ab");
  CHECK(is_contiguous(letters({1, 2, 1}, {kHuge, 1, kHuge})));
}

TEST_CASE("row-major tensors are told from others") {
  CHECK(is_contiguous(letters({}, {})));
  CHECK(is_contiguous(letters({2, 3}, {3, 1})));
  CHECK(is_contiguous(letters({0, 3}, {7, 7})));
  CHECK_FALSE(is_contiguous(letters({3, 2}, {1, 3})));
  CHECK_FALSE(is_contiguous(letters({2}, {2})));
  CHECK(contiguous_data(letters({2}, {1}, 3)) == kLetters.data() + 3);
  CHECK(contiguous_data(letters({2}, {2})) == nullptr);
  CHECK(thexp::contiguous_strides({2, 0, 3}) == Sizes{3, 3, 1});
}

TEST_CASE("a checksum is that of the elements in row-major order") {
  CHECK(crc32_of(letters({2, 3}, {3, 1})) == thexp::crc32_of("abcdef", 6));
  CHECK(crc32_of(letters({3, 2}, {1, 3})) == thexp::crc32_of("adbecf", 6));
  CHECK(crc32_of(letters({0}, {1})) == 0);
}

TEST_CASE("a count beyond 63 bits is an error, a long repetition is told") {
  ArchiveTensor bomb = letters({1LL << 40, 1LL << 40}, {0, 0});
  CHECK(storage_reach(bomb) == -1);
  CHECK_THROWS_AS(element_count(bomb), thexp::FormatError);
  ArchiveTensor wide = letters({1LL << 60}, {0});
  CHECK(storage_reach(wide) == 1);
  wide.type = ElementType::kFloat64;
  CHECK(storage_reach(wide) == -1);
  CHECK(repeats_too_often(letters({1LL << 40}, {0})));
  CHECK_FALSE(repeats_too_often(letters({1000, 24}, {0, 1})));
}

}  // namespace
