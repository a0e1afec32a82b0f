// A state, read from a pickle and taken into a model and its optimizer: what
// fits is written and read again as the same, the rest is refused.
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "pickle_archive.h"
#include "thexp/base/error.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/pt.h"

namespace {

using thexp::State;

// What a state of a few tensors of 16 bytes can have, and no more.
constexpr int64_t kMostElements = 1 << 16;

int64_t elements_of(const State& state) {
  int64_t count = 0;
  if (state.is_tensor()) count = state.as_tensor().numel();
  if (state.is_list()) {
    for (const State& item : state.as_list()) count += elements_of(item);
  }
  if (state.is_dict()) {
    for (const auto& entry : state.as_dict()) {
      count += elements_of(entry.second);
    }
  }
  return count;
}

template <typename Action>
void refusing(Action&& action) {
  try {
    action();
  } catch (const thexp::FormatError&) {
  } catch (const thexp::UsageError&) {
  }
}

void write_and_read_again(const State& state) {
  if (elements_of(state) > kMostElements) return;
  State again = thexp::from_pt_bytes(thexp::to_pt_bytes(state));
  if (!thexp::equal(state, again)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string file = thexp_fuzz::pickle_archive(data, size, 4, 16);
  refusing([&] {
    State state = thexp::from_pt_bytes(file, "input");
    refusing([&] { write_and_read_again(state); });
    torch::nn::Linear net(torch::nn::LinearOptions(4, 1).bias(false));
    torch::optim::SGD sgd(net->parameters(), 0.1);
    refusing([&] { thexp::load_module_state(*net, state.at("net")); });
    refusing([&] { thexp::load_optimizer_state(sgd, state.at("optim")); });
  });
  return 0;
}
