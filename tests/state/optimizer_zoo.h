#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>
#include <torch/utils.h>

#include <memory>
#include <string>
#include <vector>

#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"

namespace thexp_test {

inline std::vector<std::string> optimizer_names() {
  return {"sgd", "adam", "adamw", "rmsprop", "adagrad"};
}

/// A small linear model in training, each parameter in a group of its own.
/// `other_options` makes the optimizer with options that a state must replace.
class Trained {
 public:
  explicit Trained(const std::string& name, bool other_options = false)
      : model(3, 2) {
    torch::manual_seed(1);
    at::NoGradGuard no_gradient;
    for (at::Tensor& parameter : model->parameters()) {
      parameter.copy_(torch::rand_like(parameter));
    }
    x = torch::rand({5, 3});
    y = torch::rand({5, 2});
    make(name, other_options);
  }

  void steps(int count) {
    for (int i = 0; i < count; ++i) {
      optimizer->step([this] {
        optimizer->zero_grad();
        at::Tensor loss = (model->forward(x) - y).pow(2).mean();
        loss.backward();
        return loss;
      });
    }
  }

  thexp::State state() const {
    thexp::State state;
    state["model"] = thexp::module_state(*model);
    state["optim"] = thexp::optimizer_state(*optimizer);
    return state;
  }

  void load(const thexp::State& state) {
    thexp::load_module_state(*model, state.at("model"));
    thexp::load_optimizer_state(*optimizer, state.at("optim"));
  }

  torch::nn::Linear model;
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  at::Tensor x, y;

 private:
  template <typename Optimizer, typename Options>
  void make_with(Options options) {
    using Group = torch::optim::OptimizerParamGroup;
    auto second = std::make_unique<Options>(options);
    second->lr(0.02);
    std::vector<Group> groups;
    groups.emplace_back(std::vector<at::Tensor>{model->weight},
                        std::make_unique<Options>(options));
    groups.emplace_back(std::vector<at::Tensor>{model->bias},
                        std::move(second));
    optimizer = std::make_unique<Optimizer>(groups, options);
  }

  void make(const std::string& name, bool other) {
    using namespace torch::optim;
    if (name == "sgd") {
      auto options = SGDOptions(0.05).momentum(0.9).weight_decay(0.01);
      make_with<SGD>(other ? SGDOptions(9.0) : options.nesterov(true));
    } else if (name == "adam") {
      auto options = AdamOptions(0.05).betas({0.8, 0.98}).amsgrad(true);
      make_with<Adam>(other ? AdamOptions(9.0) : options.weight_decay(0.01));
    } else if (name == "adamw") {
      auto options = AdamWOptions(0.05).eps(1e-6).weight_decay(0.1);
      make_with<AdamW>(other ? AdamWOptions(9.0) : options);
    } else if (name == "rmsprop") {
      auto options = RMSpropOptions(0.05).alpha(0.9).momentum(0.5);
      make_with<RMSprop>(other ? RMSpropOptions(9.0) : options.centered(true));
    } else {
      auto options = AdagradOptions(0.05).lr_decay(0.01).weight_decay(0.01);
      make_with<Adagrad>(other ? AdagradOptions(9.0)
                               : options.initial_accumulator_value(0.1));
    }
  }
};

}  // namespace thexp_test
