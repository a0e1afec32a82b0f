// The code of docs/params.md, compiled and run.
#include <memory>
#include <string>

#include "catch.h"
#include "thexp/params/grid_search.h"
#include "thexp/params/params.h"

namespace {

// [declare]
struct MnistParams : thexp::Params {
  thexp::Param<thexp::fs::path> data{this, "data.root", "",
                                     "folder of IDX files"};
  thexp::Param<int64_t> batch_size{this, "batch_size", 64, "examples per step",
                                   thexp::at_least(1)};
  thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate",
                          thexp::between(0.0, 10.0)};
  thexp::Param<std::vector<int64_t>> milestones{
      this, "optim.milestones", {}, "epochs after which the rate drops"};
  thexp::Param<std::optional<double>> clip{this, "optim.clip", std::nullopt,
                                           "largest gradient norm"};
};
// [/declare]

// [group]
struct Adam {
  Adam(thexp::Params* owner, const std::string& prefix)
      : lr(owner, prefix + ".lr", 1e-3, "learning rate"),
        beta(owner, prefix + ".beta", 0.9, "decay of the mean") {}

  thexp::Param<double> lr;
  thexp::Param<double> beta;
};

struct GanParams : thexp::Params {
  Adam generator{this, "generator"};  // --generator.lr, --generator.beta
  Adam critic{this, "critic"};
};
// [/group]

// [check]
struct WarmParams : thexp::Params {
  thexp::Param<int64_t> epoch{this, "epoch", 10, "epochs to train"};
  thexp::Param<int64_t> warm_up{this, "warm_up", 1, "epochs of warm-up"};

  void check() const override {
    if (*warm_up > *epoch) {
      throw thexp::ParamError::invalid("warm_up is longer than epoch");
    }
  }
};
// [/check]

TEST_CASE("docs/params.md: reading") {
  const char* argv[] = {"mnist", "--optim.lr=0.1", "--optim.milestones=[3, 5]"};
  int argc = 3;
  // [use]
  MnistParams params;
  params.load_yaml_text("optim: {lr: 0.2}", "configs/mnist.yaml");
  params.parse_args(argc, argv);

  double lr = params.lr;  // or *params.lr
  std::size_t drops = params.milestones->size();
  params.batch_size = 32;        // checked
  params.origin("optim.lr");     // --optim.lr (command line)
  params["optim.lr"].as_real();  // by its key
  // [/use]
  CHECK(lr == 0.1);
  CHECK(drops == 2);
  CHECK(params.origin("optim.lr") == "--optim.lr (command line)");
  CHECK(params["batch_size"] == thexp::Value(32));
}

TEST_CASE("docs/params.md: dynamic") {
  // [dynamic]
  thexp::Params params;
  params.add<int64_t>("epoch", 10, "epochs to train", thexp::at_least(1))
      .add<double>("optim.lr", 0.05);
  params.set("optim.lr", 0.1);
  // [/dynamic]
  CHECK(params.to_yaml() == "epoch: 10\noptim:\n  lr: 0.1\n");
}

TEST_CASE("docs/params.md: grid") {
  MnistParams params;
  std::string names;
  // [grid]
  for (auto& point : thexp::grid_search(
           params, {{"optim.lr", {0.1, 0.01}}, {"batch_size", {32, 64}}})) {
    names += point->build_exp_name("mnist", {"optim.lr", "batch_size"}) + "\n";
  }
  // [/grid]
  CHECK(names ==
        "mnist_lr=0.1_batch_size=32\nmnist_lr=0.1_batch_size=64\n"
        "mnist_lr=0.01_batch_size=32\nmnist_lr=0.01_batch_size=64\n");
}

// [constraint]
// Read after "must be" in messages; the test gets the parameter's own type.
thexp::Constraint power_of_two() {
  return {"a power of two", [](const thexp::Value& value) {
            int64_t n = value.as_integer();
            return n > 0 && (n & (n - 1)) == 0;
          }};
}

struct HeadParams : thexp::Params {
  thexp::Param<int64_t> heads{this, "heads", 4, "attention heads",
                              power_of_two() && thexp::at_most(64)};
};
// [/constraint]

TEST_CASE("docs/params.md: a rule of one's own") {
  HeadParams params;
  params.parse_args({"--heads=8"});
  CHECK(*params.heads == 8);
  CHECK_CONTAINS(thexp_test::message_of<thexp::ParamError>(
                     [&] { params.parse_args({"--heads=6"}); }),
                 "must be a power of two");
}

TEST_CASE("docs/params.md: groups and rules") {
  GanParams gan;
  gan.parse_args({"--critic.lr=0.5"});
  CHECK(*gan.critic.lr == 0.5);
  CHECK(*gan.generator.lr == 1e-3);
  WarmParams warm;
  CHECK_THROWS_AS(warm.parse_args({"--warm_up=11"}), thexp::ParamError);
}

// [as]
struct OptimParams : thexp::Params {
  thexp::Param<double> lr{this, "lr", 1e-3, "learning rate"};
  thexp::Param<std::vector<int64_t>> milestones{this, "milestones", {}, ""};
  thexp::Param<std::optional<double>> clip{this, "clip", std::nullopt, ""};
};

double rate_of(const thexp::Params& params) {
  std::unique_ptr<OptimParams> optim = params.at("optim").as<OptimParams>();
  return *optim->lr;  // "optim.lr" of the program
}
// [/as]

TEST_CASE("docs/params.md: a group of parameters") {
  MnistParams params;
  CHECK(rate_of(params) == 0.05);
}

}  // namespace
