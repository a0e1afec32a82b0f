#include "thexp/data/batch.h"

#include "data_support.h"
#include "thexp/base/error.h"

namespace {

using thexp::Batch;
using thexp_test::message_of;

Batch pair() { return Batch({at::ones({4, 2}), at::arange(4, at::kLong)}); }

TEST_CASE("a batch gives its tensors by structured binding") {
  auto [images, labels] = pair().as<2>();
  CHECK(images.sizes() == at::IntArrayRef({4, 2}));
  CHECK(thexp_test::values(labels) == std::vector<int64_t>{0, 1, 2, 3});
}

TEST_CASE("the wrong number of tensors is told with both numbers") {
  CHECK_CONTAINS(message_of<thexp::UsageError>([] { pair().as<3>(); }),
                 "asked for 3 tensors, but the batch holds 2");
  CHECK_CONTAINS(message_of<thexp::UsageError>([] { pair()[2]; }),
                 "batch[2] does not exist: the batch holds 2");
  CHECK_THROWS_AS(pair().set(2, at::ones({1})), thexp::UsageError);
}

TEST_CASE("the size of a batch is its first dimension unless it is set") {
  Batch batch = pair();
  CHECK(batch.size() == 4);
  batch.set_size(9);
  CHECK(batch.size() == 9);
  CHECK(Batch().size() == 0);
  CHECK(Batch({at::scalar_tensor(1)}).size() == 1);
}

TEST_CASE("a batch carries named parts, also nested ones") {
  Batch inner;
  inner.add_part("deep", pair());
  Batch batch;
  batch.add_part("a", pair());
  batch.add_part("b", inner);
  CHECK(batch.part("b").part("deep").tensors() == 2);
  CHECK(batch.size() == 4);
  CHECK(batch.part_names() == std::vector<std::string>{"a", "b"});
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { batch.part("c"); }),
                 "no part 'c'; it has: a, b");
  CHECK_CONTAINS(message_of<thexp::UsageError>([] { pair().part("c"); }),
                 "does not come from a zip");
  CHECK_THROWS_AS(batch.add_part("a", pair()), thexp::UsageError);
}

TEST_CASE("a batch carries any further value") {
  Batch batch = pair();
  CHECK_THROWS_AS(batch.extra<int>(), thexp::UsageError);
  batch.set_extra(std::string("names"));
  CHECK(batch.extra<std::string>() == "names");
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { batch.extra<int>(); }),
                 "was asked for type");
}

TEST_CASE("to moves all tensors and parts, and keeps the rest") {
  Batch batch = pair();
  batch.set_extra(5);
  batch.set_size(3);
  batch.add_part("more", pair());
  const Batch there = batch.to(at::Device("meta"));
  CHECK(there[0].is_meta());
  CHECK(there.part("more")[1].is_meta());
  CHECK(there[1].scalar_type() == at::kLong);
  CHECK(there.extra<int>() == 5);
  CHECK(there.size() == 3);
  const Batch here = batch.to(at::kCPU, true);
  CHECK(here[0].is_same(batch[0]));
}

TEST_CASE("a cleared batch holds nothing") {
  Batch batch = pair();
  batch.set_extra(5);
  batch.set_size(3);
  batch.add_part("more", pair());
  batch.clear();
  CHECK(batch.tensors() == 0);
  CHECK(batch.size() == 0);
  CHECK_FALSE(batch.has_extra());
  CHECK(batch.part_names().empty());
}

}  // namespace
