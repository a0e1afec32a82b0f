#include "catch.h"
#include "thexp/params/params.h"

namespace {

struct Small : thexp::Params {
  Small() { size = 3; }
  thexp::Param<int64_t> size{this, "size", 10, "how large"};
  thexp::Param<double> rate{this, "rate", 0.5, "how fast"};
};

TEST_CASE("what a constructor sets is the program's default") {
  Small params;
  params.rate = 0.25;
  params.parse_args({"--rate=1"});
  CHECK(*params.size == 3);
  CHECK(params.origin("size") == "default");
  CHECK(params.origin("rate") == "--rate (command line)");
  params.size = 4;
  CHECK(params.origin("size") == "program");
}

}  // namespace
