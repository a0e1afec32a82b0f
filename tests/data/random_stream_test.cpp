#include "thexp/data/random_stream.h"

#include <cmath>
#include <set>
#include <vector>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::RandomStream;

TEST_CASE("random streams are the same for ever") {
  // Pinned: augmentation of a resumed run must not change.
  RandomStream random = RandomStream::of_sample(1, 2, 3);
  CHECK(random() == 0x94f865dfb9f1f451ULL);
  CHECK(random() == 0x5be84636853ce76eULL);
  CHECK(RandomStream(0).uniform() ==
        Approx(0.65244848637403219).epsilon(1e-15));
}

TEST_CASE("seed, epoch and sample each make another stream") {
  std::set<uint64_t> firsts;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    for (int64_t epoch = 0; epoch < 4; ++epoch) {
      for (int64_t sample = 0; sample < 4; ++sample) {
        firsts.insert(RandomStream::of_sample(seed, epoch, sample)());
      }
    }
  }
  CHECK(firsts.size() == 64);
}

TEST_CASE("uniform and normal numbers have their moments") {
  RandomStream random(5);
  constexpr int kDraws = 20000;
  double sum = 0, normal_sum = 0, normal_squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    REQUIRE((u >= 0 && u < 1));
    sum += u;
    const double z = random.normal();
    normal_sum += z;
    normal_squares += z * z;
  }
  CHECK(sum / kDraws == Approx(0.5).margin(0.01));
  CHECK(normal_sum / kDraws == Approx(0.0).margin(0.03));
  CHECK(normal_squares / kDraws == Approx(1.0).margin(0.05));
}

TEST_CASE("below gives every number equally often, and none beyond") {
  RandomStream random(6);
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts.at(random.below(7));
  for (int count : counts) CHECK(std::abs(count - 1000) < 150);
  CHECK(random.below(1) == 0);
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { random.below(0); }),
      "below(0)");
}

TEST_CASE("a range and a chance are met") {
  RandomStream random(7);
  int heads = 0;
  for (int i = 0; i < 4000; ++i) {
    const double value = random.uniform(-2, 3);
    REQUIRE((value >= -2 && value < 3));
    heads += random.chance(0.25);
  }
  CHECK(std::abs(heads - 1000) < 120);
}

}  // namespace
