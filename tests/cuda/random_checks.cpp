// Random numbers go on exactly from a state.
#include <ATen/ATen.h>
#include <torch/nn/functional/dropout.h>

#include "check.h"
#include "thexp/state/pt.h"
#include "thexp/state/rnd_manager.h"

namespace cuda_check {
namespace {

// Several kinds of draws on the device and on the host; an odd number of
// normal ones leaves half a pair.
std::vector<at::Tensor> draw(at::Device device) {
  namespace F = torch::nn::functional;
  at::Tensor ones = at::ones({1001}, device);
  return {at::rand({1000}, device),
          at::randn({3}, device),
          at::randn({3}),
          at::randperm(100, device),
          at::bernoulli(ones * 0.5),
          F::dropout(ones, F::DropoutFuncOptions().p(0.3)),
          at::rand({7})};
}

void require_same_draws(at::Device device, const std::function<void()>& back) {
  std::vector<at::Tensor> first = draw(device);
  back();
  std::vector<at::Tensor> second = draw(device);
  for (std::size_t i = 0; i < first.size(); ++i) {
    require_equal(second[i], first[i], "draw " + std::to_string(i));
  }
}

void from_a_state(at::Device device) {
  draw(device);
  thexp::State state = thexp::random_state();
  require_same_draws(device, [&] { thexp::set_random_state(state); });
}

void from_a_file(at::Device device) {
  thexp::RndManager rnd(7);
  rnd.mark("train");
  draw(device);
  std::string bytes = thexp::to_pt_bytes(rnd.state());
  require_same_draws(device,
                     [&] { rnd.load_state(thexp::from_pt_bytes(bytes)); });
}

void from_a_mark(at::Device device) {
  thexp::RndManager rnd(7);
  rnd.mark("train");
  require_same_draws(device, [&] { rnd.mark("train"); });
}

}  // namespace

Group random_checks() {
  return {"random",
          {{"go on from a state", from_a_state},
           {"go on from a file", from_a_file},
           {"repeat from a mark", from_a_mark}}};
}

}  // namespace cuda_check
