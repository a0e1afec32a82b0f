#include "thexp/params/grid_search.h"

#include "fixture.h"
#include "thexp/base/error.h"

namespace {

using thexp::UsageError;
using thexp::Value;
using thexp_test::error_of;
using thexp_test::message_of;
using thexp_test::SampleParams;

struct WithDevice : SampleParams {
  thexp::Param<std::string> device{this, "device", "cpu", ""};
};

TEST_CASE("T6 grid search gives every combination, the last key fastest") {
  SampleParams base;
  base.epoch = 7;
  auto all = thexp::grid_search(
      base, {{"mode", {"fast", "slow"}}, {"optim.lr", {0.1, 0.01, 1, 2}}});
  REQUIRE(all.size() == 8);
  std::string order;
  for (const auto& params : all) {
    order += *params->mode + " " + (*params)["optim.lr"].to_json() + "; ";
  }
  CHECK(order ==
        "fast 0.1; fast 0.01; fast 1.0; fast 2.0; "
        "slow 0.1; slow 0.01; slow 1.0; slow 2.0; ");
  CHECK(*all[5]->epoch == 7);
  CHECK(all[5]->mode.origin() == "grid search");
  CHECK(all[5]->epoch.origin() == "program");
}

TEST_CASE("T6 the original is left alone") {
  SampleParams base;
  uint64_t before = base.hash();
  auto all = thexp::grid_search(base, {{"epoch", {1, 2}}});
  CHECK(base.hash() == before);
  all[0]->lr = 1.0;
  CHECK(*all[1]->lr == 0.05);
  CHECK(base.epoch.origin() == "default");
}

TEST_CASE("T6 a grid over nothing is one copy") {
  CHECK(thexp::grid_search(SampleParams(), {}).size() == 1);
}

TEST_CASE("T6 wrong grids are errors") {
  SampleParams base;
  CHECK_CONTAINS(error_of([&] {
                   thexp::grid_search(base, {{"lrr", {1}}});
                 }),
                 "lrr (grid search): unknown key");
  CHECK(error_of([&] {
          thexp::grid_search(base, {{"epoch", {1, 0}}});
        }) == "epoch (grid search): 0 is out of range; must be at least 1");
  CHECK(message_of<UsageError>([&] {
          thexp::grid_search(base, {{"epoch", {}}});
        }) == "grid_search: no values for epoch");
  CHECK(message_of<UsageError>([&] {
          thexp::grid_search(base, {{"epoch", {1}}, {"epoch", {2}}});
        }) == "grid_search: epoch appears twice");
}

TEST_CASE(
    "T6 a copy has values, origins, locks and the class, not the freeze") {
  WithDevice base;
  base.load_yaml_text("device: cuda", "a.yaml");
  base.add<int>("extra", 3, "added", thexp::at_least(1));
  base.set("extra", 4);
  base.lock("epoch");
  base.freeze();
  auto other = thexp::copy(base);
  CHECK(*other->device == "cuda");
  CHECK(other->name() == "WithDevice");
  CHECK(other->device.origin() == "a.yaml:1:1");
  CHECK((*other)["extra"] == Value(4));
  CHECK_THROWS_AS(other->set("extra", 0), thexp::ParamError);
  CHECK_THROWS_AS(other->set("epoch", 1), thexp::ParamError);
  other->device = "cpu";
  CHECK(*base.device == "cuda");
}

TEST_CASE("T6 a copy of a required parameter stays not given") {
  struct Must : thexp::Params {
    thexp::Param<int> must{this, "must", thexp::required, ""};
  };
  auto other = thexp::copy(Must());
  CHECK_FALSE(other->must.is_set());
}

TEST_CASE("T6 a copy that would lose its class is refused") {
  WithDevice derived;
  const SampleParams& base = derived;
  CHECK_CONTAINS(message_of<UsageError>([&] { thexp::copy(base); }),
                 "would lose its type");
}

}  // namespace
