#include "thexp/base/names.h"

#include "catch.h"

namespace {

using Names = std::vector<std::string>;

TEST_CASE("compare_names tells missing from unexpected, each in its order") {
  thexp::NameDifference difference =
      thexp::compare_names({"c", "a", "b"}, {"z", "b", "y"});
  CHECK(difference.missing == Names{"c", "a"});
  CHECK(difference.unexpected == Names{"z", "y"});
  CHECK_FALSE(difference.empty());
  CHECK(difference.describe("missing", "unknown") ==
        "missing: c, a; unknown: z, y");
}

TEST_CASE("equal names in another order do not differ") {
  CHECK(thexp::compare_names({"a", "b"}, {"b", "a"}).empty());
  CHECK(thexp::compare_names({}, {}).describe("missing", "unexpected") ==
        "missing: nothing; unexpected: nothing");
}

TEST_CASE("of many names a line has some") {
  CHECK(thexp::list_some({"a", "b"}, 2) == "a, b");
  CHECK(thexp::list_some({"a", "b", "c"}, 2, "; ") == "a; b; … (3 in all)");
  CHECK(thexp::list_some({}) == "");
}

}  // namespace
