#include "thexp/base/plural.h"

#include "catch.h"

namespace {

TEST_CASE("a noun follows its number") {
  CHECK(thexp::plural(0, "epoch") == "0 epochs");
  CHECK(thexp::plural(1, "epoch") == "1 epoch");
  CHECK(thexp::plural(2, "epoch") == "2 epochs");
  CHECK(thexp::plural(1, "batch") == "1 batch");
  CHECK(thexp::plural(2, "batch") == "2 batches");
  CHECK(thexp::plural(2, "class") == "2 classes");
}

TEST_CASE("nobody reads that 4 of 1 are done") {
  CHECK(thexp::plural_of(2, 4, "epoch") == "2 of 4 epochs");
  CHECK(thexp::plural_of(1, 1, "epoch") == "1 of 1 epoch");
  CHECK(thexp::plural_of(4, 1, "epoch") == "4 epochs");
  CHECK(thexp::share(3, 10) == "3/10");
  CHECK(thexp::share(12, 10) == "12");
}

}  // namespace
