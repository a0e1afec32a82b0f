#include "thexp/data/permutation.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <vector>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Permutation;

std::vector<int64_t> all_of(const Permutation& permutation) {
  std::vector<int64_t> values(permutation.size());
  permutation.fill(0, permutation.size(), values.data());
  return values;
}

// Sum of (observed - expected)^2 / expected.
double chi_square(const std::vector<int64_t>& counts, double expected) {
  double sum = 0;
  for (int64_t count : counts) {
    const double off = static_cast<double>(count) - expected;
    sum += off * off / expected;
  }
  return sum;
}

TEST_CASE("a permutation has each value once") {
  const uint64_t n = GENERATE(0, 1, 2, 3, 4, 5, 7, 10, 16, 17, 99, 100, 101,
                              1000, 4095, 4096, 4097, 60000, (1 << 20) + 1);
  const uint64_t key = GENERATE(0, 1, 0x9e3779b97f4a7c15ULL);
  std::vector<int64_t> values = all_of(Permutation(n, key));
  std::sort(values.begin(), values.end());
  std::vector<int64_t> expected(n);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(values == expected);
}

TEST_CASE("a permutation is the same for ever") {
  // Pinned: a run of an old version resumes in the same order.
  CHECK(all_of(Permutation(10, 1)) ==
        std::vector<int64_t>{8, 6, 9, 2, 5, 0, 1, 7, 4, 3});
  const Permutation mnist(60000, 42);
  CHECK(std::vector<uint64_t>{mnist(0), mnist(1), mnist(2), mnist(59999)} ==
        std::vector<uint64_t>{15340, 21178, 19287, 32616});
  const Permutation large(uint64_t{1} << 40, 7);
  CHECK(std::vector<uint64_t>{large(0), large(1), large(uint64_t{1} << 39)} ==
        std::vector<uint64_t>{430703233124, 951256915454, 9933090586});
}

TEST_CASE("positions one by one are the positions in a row") {
  const Permutation permutation(1000, 5);
  std::vector<int64_t> some(10);
  permutation.fill(495, 10, some.data());
  for (uint64_t i = 0; i < 10; ++i) {
    CHECK(static_cast<uint64_t>(some[i]) == permutation(495 + i));
  }
}

TEST_CASE("small permutations come equally often over the keys") {
  // 24 orders of 4 values over 24000 keys: 23 degrees of freedom, beyond 60
  // one time in 30000. The keys are fixed, so this cannot flicker.
  std::map<std::vector<int64_t>, int64_t> seen;
  for (uint64_t key = 0; key < 24000; ++key) {
    ++seen[all_of(Permutation(4, key))];
  }
  CHECK(seen.size() == 24);
  std::vector<int64_t> counts;
  for (const auto& entry : seen) counts.push_back(entry.second);
  CHECK(chi_square(counts, 1000) < 60);
}

TEST_CASE("each value comes to each position equally often") {
  constexpr int64_t kN = 30;
  constexpr int64_t kKeys = 9000;
  std::vector<int64_t> counts(kN * kN);
  for (uint64_t key = 0; key < kKeys; ++key) {
    const std::vector<int64_t> order = all_of(Permutation(kN, key));
    for (int64_t i = 0; i < kN; ++i) ++counts[i * kN + order[i]];
  }
  // 29 * 29 = 841 degrees of freedom: mean 841, deviation 41.
  CHECK(chi_square(counts, kKeys / kN) < 841 + 5 * 41);
}

TEST_CASE("neighbours are spread evenly") {
  // Distances of neighbouring positions' values, modulo n, in 20 bins.
  constexpr uint64_t kN = 60000;
  std::vector<int64_t> counts(20);
  for (uint64_t key = 0; key < 10; ++key) {
    const std::vector<int64_t> order = all_of(Permutation(kN, key));
    for (uint64_t i = 0; i + 1 < kN; ++i) {
      const int64_t distance = (order[i + 1] - order[i] + kN) % kN;
      ++counts[distance * 20 / kN];
    }
  }
  CHECK(chi_square(counts, 10 * (kN - 1) / 20.0) < 50);
}

TEST_CASE("values of a quarter fall evenly into the quarters of an epoch") {
  constexpr uint64_t kN = 60000;
  const std::vector<int64_t> order = all_of(Permutation(kN, 3));
  std::vector<int64_t> counts(16);
  for (uint64_t i = 0; i < kN; ++i) {
    ++counts[i * 4 / kN * 4 + static_cast<uint64_t>(order[i]) * 4 / kN];
  }
  CHECK(chi_square(counts, kN / 16.0) < 35);
}

TEST_CASE("two keys give orders that have nothing in common") {
  const std::vector<int64_t> a = all_of(Permutation(10000, 1));
  const std::vector<int64_t> b = all_of(Permutation(10000, 2));
  int64_t same = 0;
  for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i];
  CHECK(same < 8);  // 1 is expected
}

TEST_CASE("a position beyond the end is an error") {
  const Permutation permutation(10, 1);
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { permutation(10); }),
      "position 10 is out of range: the permutation has 10");
  int64_t out[4];
  CHECK_THROWS_AS(permutation.fill(7, 4, out), thexp::UsageError);
  CHECK_THROWS_AS(permutation.fill(11, 0, out), thexp::UsageError);
  CHECK_THROWS_AS(Permutation((uint64_t{1} << 62) + 1, 0), thexp::UsageError);
}

}  // namespace
