// The code that docs/state.md and docs/saver.md show. Ends with a non-zero
// status when a snippet does not do what the page says.
#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include <cstdlib>
#include <iostream>

#include "thexp/base/error.h"
#include "thexp/state/async_saver.h"
#include "thexp/state/load_plan.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/pt.h"
#include "thexp/state/rnd_manager.h"
#include "thexp/state/saver.h"

namespace {

bool exchange() {
  torch::nn::Linear net(4, 2);
  torch::optim::SGD optimizer(net->parameters(), 0.1);
  // [exchange]
  thexp::State state;
  state["net"] = thexp::module_state(*net);
  state["optim"] = thexp::optimizer_state(optimizer);
  state["epoch"] = 3;
  thexp::save_pt("checkpoint.pt", state);

  thexp::State back = thexp::load_pt("checkpoint.pt");
  double lr = back["optim"]["param_groups"][0]["lr"].as_real();
  thexp::load_module_state(*net, back["net"]);
  thexp::load_optimizer_state(optimizer, back["optim"]);
  // [/exchange]
  return lr == 0.1 && thexp::equal(state, back);
}

// [stateful]
class Patience : public thexp::Stateful {
 public:
  thexp::State state() const override {
    return thexp::State::Dict{{"best", best_}, {"waited", waited_}};
  }
  void load_state(const thexp::State& state) override {
    double best = state.at("best").as_real();
    waited_ = state.at("waited").as_integer();
    best_ = best;
  }

 private:
  double best_ = 1e9;
  int64_t waited_ = 0;
};
// [/stateful]

bool plan() {
  torch::nn::Linear net(4, 2);
  torch::optim::SGD optimizer(net->parameters(), 0.1);
  Patience patience;
  thexp::State state;
  state["net"] = thexp::module_state(*net);
  state["optim"] = thexp::optimizer_state(optimizer);
  state["patience"] = "none";
  try {
    // [plan]
    thexp::LoadPlan plan;
    load_module_state(plan, "model 'net'", *net, state["net"]);
    load_optimizer_state(plan, "optimizer 'optim'", optimizer, state["optim"]);
    plan.attempt("patience", patience, state["patience"]);
    plan.run();
    // [/plan]
  } catch (const thexp::FormatError&) {
    return true;
  }
  return false;
}

bool marks() {
  // [marks]
  thexp::RndManager rnd(/*seed=*/1);
  rnd.mark("train");
  at::Tensor first = at::rand({5});
  rnd.mark("train");
  at::Tensor again = at::rand({5});  // the same, in any process

  thexp::State kept = rnd.state().clone();
  at::Tensor next = at::randn({3});
  rnd.load_state(kept);  // at::randn({3}) draws the same again
  // [/marks]
  return at::equal(first, again) && at::equal(next, at::randn({3}));
}

bool save() {
  thexp::State state = thexp::State::Dict{{"w", at::ones({2})}};
  int64_t epoch = 3, resumed_after = -1;
  // [saver]
  thexp::Saver saver("run", thexp::SaverOptions().max_to_keep(3));
  auto path =
      saver.save_checkpoint(epoch, state, thexp::Value::Dict{{"loss", 0.25}});
  saver.mark_best(path);  // kept as long as it is the best

  if (auto latest = saver.load_latest()) {
    for (const thexp::SkippedFile& file : latest->skipped) {
      std::cerr << "damaged: " << file.reason << "\n";
    }
    resumed_after = latest->file.point->number;
  }
  // [/saver]
  return resumed_after == 3 && saver.find_best()->path == path;
}

bool keep_rules() {
  thexp::State state = thexp::State::Dict{{"w", at::ones({2})}};
  // [retention]
  thexp::Saver saver("ruled",
                     thexp::SaverOptions().retention(
                         thexp::Retention()
                             .last(3)
                             .best(2, "eval/acc", thexp::Mode::kMax)
                             .every(10)));  // the ends of epochs 10, 20, …
  // [/retention]
  for (int64_t epoch = 1; epoch <= 15; ++epoch) {
    double accuracy = epoch == 4 ? 0.9 : 0.5;
    saver.save_checkpoint(epoch, state,
                          thexp::Value::Dict{{"eval/acc", accuracy}});
  }
  return saver.find_checkpoints().size() == 6;  // 1, 4, 10, 13, 14, 15
}

bool save_in_background() {
  thexp::State state = thexp::State::Dict{{"w", at::ones({2})}};
  thexp::Saver saver("later");
  // [background]
  thexp::AsyncSaver background(saver, thexp::WhenBusy::kWait);
  background.save(/*epoch=*/1, state, thexp::Value::Dict{{"loss", 0.25}});
  state["w"].as_tensor().zero_();  // the copy is taken: this reaches no file
  background.flush();              // now it is on the disk
  // [/background]
  return saver.load_latest()->state["w"].as_tensor().sum().item<float>() == 2;
}

bool keeps_patience() {
  Patience patience, other;
  thexp::State state = patience.state();
  state["waited"] = 2;
  other.load_state(state);
  return thexp::equal(other.state(), state);
}

}  // namespace

int main() {
  bool right = exchange() && plan() && marks() && save() && keep_rules() &&
               save_in_background() && keeps_patience();
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
