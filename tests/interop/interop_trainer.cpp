// The C++ side of optimizers.py: takes a model and an optimizer over from a
// file, trains on, and writes the losses and both states.
//
//     interop_trainer (<sgd|adam|adamw|rmsprop|adagrad|lbfgs> <steps> <in>
//     <out>)...
//
// The optimizer is made with options of its own; those of the file must win.
#include <torch/nn/functional/loss.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/lbfgs.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "thexp/base/error.h"
#include "thexp/state/module_state.h"
#include "thexp/state/optimizer_state.h"
#include "thexp/state/pt.h"

namespace {

using thexp::State;

std::unique_ptr<torch::optim::Optimizer> make_optimizer(
    const std::string& name, const std::vector<at::Tensor>& parameters) {
  constexpr double kRate = 123;  // nothing trains with it
  using namespace torch::optim;
  if (name == "sgd") return std::make_unique<SGD>(parameters, kRate);
  if (name == "adam") return std::make_unique<Adam>(parameters, kRate);
  if (name == "adamw") return std::make_unique<AdamW>(parameters, kRate);
  if (name == "rmsprop") return std::make_unique<RMSprop>(parameters, kRate);
  if (name == "adagrad") return std::make_unique<Adagrad>(parameters, kRate);
  if (name == "lbfgs") return std::make_unique<LBFGS>(parameters, kRate);
  throw thexp::UsageError("there is no optimizer '" + name + "'");
}

torch::nn::Sequential make_model(at::ScalarType type) {
  torch::nn::Sequential model(torch::nn::Linear(6, 16), torch::nn::Tanh(),
                              torch::nn::Linear(16, 3));
  model->to(type);
  return model;
}

void train(const std::string& name,
           int steps,
           const std::string& in,
           const std::string& out) {
  State given = thexp::load_pt(in);
  at::Tensor x = given["x"].as_tensor(), y = given["y"].as_tensor();
  auto model = make_model(x.scalar_type());
  thexp::load_module_state(*model, given["model"]);
  auto optimizer = make_optimizer(name, model->parameters());
  thexp::load_optimizer_state(*optimizer, given["optim"]);
  State::List losses;
  for (int i = 0; i < steps; ++i) {
    at::Tensor loss = optimizer->step([&] {
      optimizer->zero_grad();
      at::Tensor loss = torch::nn::functional::mse_loss(model->forward(x), y);
      loss.backward();
      return loss;
    });
    losses.push_back(loss.item<double>());
  }
  thexp::save_pt(out, State::Dict{{"model", thexp::module_state(*model)},
                                  {"optim", thexp::optimizer_state(*optimizer)},
                                  {"losses", losses},
                                  {"x", x},
                                  {"y", y}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || argc % 4 != 1) {
    std::fprintf(stderr, "usage: %s (OPTIMIZER STEPS IN.pt OUT.pt)...\n",
                 argv[0]);
    return 2;
  }
  try {
    for (int i = 1; i < argc; i += 4) {
      train(argv[i], std::atoi(argv[i + 1]), argv[i + 2], argv[i + 3]);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
