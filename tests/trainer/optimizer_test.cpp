#include "thexp/optim/optimizer.h"

#include "catch.h"
#include "toy_trainer.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

TEST_CASE("zero_grad() takes LibTorch's flag: none at all, or zeros") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.setup();
  trainer.net->forward(torch::ones({1, 2}, trainer.device())).sum().backward();
  trainer.optim->zero_grad(false);
  const at::Tensor& gradient = trainer.net->weight.grad();
  REQUIRE(gradient.defined());
  CHECK(gradient.abs().sum().item<float>() == 0);
  trainer.optim->zero_grad();
  CHECK_FALSE(trainer.net->weight.grad().defined());
}

}  // namespace
