#include "thexp/optim/learning_rates.h"

#include <torch/optim/sgd.h>
#include <torch/types.h>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::LearningRates;
using Rates = std::vector<double>;

// Two groups, at 0.5 and 0.25.
struct TwoGroups {
  TwoGroups() : optimizer(groups(), torch::optim::SGDOptions(0.5)) {
    rates.attach("two", optimizer);
  }

  static std::vector<torch::optim::OptimizerParamGroup> groups() {
    using Group = torch::optim::OptimizerParamGroup;
    std::vector<Group> both;
    for (double rate : {0.5, 0.25}) {
      both.emplace_back(std::vector<at::Tensor>{torch::ones(1)},
                        std::make_unique<torch::optim::SGDOptions>(rate));
    }
    return both;
  }

  torch::optim::SGD optimizer;
  LearningRates rates;
};

TEST_CASE("rates are the base, until something sets them") {
  TwoGroups two;
  CHECK(two.rates.now() == Rates{0.5, 0.25});
  CHECK(two.rates.base() == Rates{0.5, 0.25});
  two.rates.set({1.0, 2.0});
  CHECK(two.rates.now() == Rates{1.0, 2.0});
  CHECK(two.rates.base() == Rates{0.5, 0.25});
}

TEST_CASE("a reduction stays on what a schedule sets") {
  TwoGroups two;
  CHECK(two.rates.reduce(0.5));
  CHECK(two.rates.now() == Rates{0.25, 0.125});
  two.rates.schedule({4.0, 8.0});
  CHECK(two.rates.now() == Rates{2.0, 4.0});
  CHECK(two.rates.reductions() == Rates{0.5, 0.5});
}

TEST_CASE("a reduction stops at the least rate") {
  TwoGroups two;
  CHECK(two.rates.reduce(0.25, 0.25));
  CHECK(two.rates.now() == Rates{0.25, 0.25});
  CHECK(two.rates.reductions() == Rates{0.5, 1.0});
  CHECK_FALSE(two.rates.reduce(0.25, 0.25));
}

TEST_CASE("each group needs a rate") {
  TwoGroups two;
  CHECK(thexp_test::message_of<thexp::UsageError>([&] {
          two.rates.set({1.0});
        }) == "optimizer 'two': 1 learning rates for 2 parameter groups");
}

TEST_CASE("another base changes a saved rate by the same factor") {
  CHECK(LearningRates::rebased(0.05, 0.1, 0.4) == 0.2);
  CHECK(LearningRates::rebased(0.05, 0.1, 0.4, 0.5) == 0.2);
  CHECK(LearningRates::rebased(0.3, 0.0, 0.4) == 0.4);
}

TEST_CASE("a base that is given anew counts where the rate was 0") {
  CHECK(LearningRates::rebased(0.0, 0.1, 0.4) == 0.4);
  CHECK(LearningRates::rebased(0.0, 0.1, 0.4, 0.5) == 0.2);
}

}  // namespace
