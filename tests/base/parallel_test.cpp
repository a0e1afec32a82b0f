#include "thexp/base/parallel.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "catch.h"

namespace {

using thexp::parallel_for;

TEST_CASE("parallel_for calls the body once for each index") {
  for (std::size_t count : {0, 1, 3, 1000}) {
    std::vector<std::atomic<int>> calls(count);
    parallel_for(count, [&](std::size_t i) { ++calls[i]; });
    for (const auto& each : calls) CHECK(each == 1);
  }
}

TEST_CASE("parallel_for throws what a call threw, and begins no more") {
  std::atomic<int> calls{0};
  CHECK_THROWS_WITH(parallel_for(1000000,
                                 [&](std::size_t i) {
                                   ++calls;
                                   if (i == 10) {
                                     throw std::runtime_error("ten");
                                   }
                                 }),
                    "ten");
  CHECK(calls < 1000000);
}

}  // namespace
