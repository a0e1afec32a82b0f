#include "thexp/callbacks/gradient_clipping.h"

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/optim/gradients.h"

namespace {

using thexp::GradientClipping;
using thexp_test::Probe;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// What an update of the toy sees, clipped or not.
struct Clipped {
  explicit Clipped(const TempDir& dir) : params(dir), trainer(params) {
    trainer.add_callback<Probe>().at_update_begin =
        [this](thexp::OptimizerSlot& slot) {
          norms.push_back(
              thexp::gradient_norm(slot.parameters()).item<double>());
          for (const at::Tensor& parameter : slot.parameters()) {
            double largest = parameter.grad().abs().max().item<double>();
            elements.push_back(largest);
          }
        };
  }
  static double largest(const std::vector<double>& numbers) {
    return *std::max_element(numbers.begin(), numbers.end());
  }

  ToyParams params;
  ToyTrainer trainer;
  std::vector<double> norms, elements;
};

TEST_CASE("T20 GradientClipping limits the norm that an update sees") {
  TempDir dir;
  Clipped free(dir), run(dir);
  run.trainer.add_callback<GradientClipping>(0.05);
  free.trainer.train();
  run.trainer.train();
  REQUIRE(Clipped::largest(free.norms) > 0.06);
  CHECK(run.norms.size() == 6);
  CHECK(Clipped::largest(run.norms) <= 0.05 * (1 + 1e-6));
  CHECK(run.norms.front() == Approx(0.05).epsilon(1e-3));
}

TEST_CASE("T20 GradientClipping limits each element") {
  TempDir dir;
  Clipped free(dir), run(dir);
  run.trainer.add_callback<GradientClipping>(0.05,
                                             GradientClipping::By::kValue);
  free.trainer.train();
  run.trainer.train();
  REQUIRE(Clipped::largest(free.elements) > 0.06);
  CHECK(Clipped::largest(run.elements) == Approx(0.05));
  CHECK(run.elements.size() == 12);
}

// One epoch over the data in order.
at::Tensor weights_after(const TempDir& dir,
                         int64_t batch_size,
                         int64_t accumulate,
                         std::size_t* updates) {
  Clipped run(dir);
  run.params.epoch = 1;
  run.params.batch_size = batch_size;
  run.params.accumulate = accumulate;
  run.params.overfit_batches = 12 / batch_size;
  run.trainer.add_callback<GradientClipping>(0.05);
  run.trainer.train();
  *updates = run.norms.size();
  return run.trainer.net->weight.detach().clone();
}

TEST_CASE("with accumulation a whole window's gradient is clipped, once") {
  TempDir dir;
  std::size_t large = 0, windows = 0;
  at::Tensor expected = weights_after(dir, 6, 1, &large);
  at::Tensor weights = weights_after(dir, 2, 3, &windows);
  CHECK(large == 2);
  CHECK(windows == 2);
  CHECK(torch::allclose(weights, expected, 1e-5, 1e-7));
}

TEST_CASE("GradientClipping refuses a limit that is not positive") {
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([] { GradientClipping(0.0); }),
      "the limit 0 is not positive");
  CHECK_THROWS_AS(GradientClipping(std::nan("")), thexp::UsageError);
}

}  // namespace
