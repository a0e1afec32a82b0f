#include "thexp/base/hash.h"

#include "catch.h"

namespace {

TEST_CASE("hashes are the same for ever") {
  // Pinned: seeds of stored runs are derived from these.
  CHECK(thexp::mix64(0) == 0xe220a8397b1dcdafULL);
  CHECK(thexp::hex64(thexp::hash64("")) == thexp::hex64(thexp::hash64("")));
  CHECK(thexp::hash64("train") != thexp::hash64("test"));
  CHECK(thexp::hex64(0x1f) == "000000000000001f");
}

TEST_CASE("the order of what is combined matters") {
  CHECK(thexp::combine64(1, 2) != thexp::combine64(2, 1));
}

}  // namespace
