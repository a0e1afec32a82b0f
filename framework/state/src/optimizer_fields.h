#pragma once

#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include <cstdint>
#include <type_traits>

// Which fields each optimizer has, under Python's names. A visitor is called
// with every option; and for a parameter's state with its step and tensors,
// each with whether the options make it required. Python's AdamW is since 2.7
// an Adam with the option decoupled_weight_decay; LibTorch's has it always.
namespace thexp {

struct SgdFields {
  using Optimizer = torch::optim::SGD;
  using Options = torch::optim::SGDOptions;
  using ParamState = torch::optim::SGDParamState;
  static constexpr bool kAlwaysHasState = false;
  static constexpr bool kDecouplesWeightDecay = false;

  template <typename V>
  static void options(Options& o, V&& visit) {
    visit("lr", o.lr());
    visit("momentum", o.momentum());
    visit("dampening", o.dampening());
    visit("weight_decay", o.weight_decay());
    visit("nesterov", o.nesterov());
  }

  template <typename V>
  static void state(ParamState& s, Options&, V&& visit) {
    visit.tensor("momentum_buffer", s.momentum_buffer(), false);
  }
};

template <typename OptimizerT, typename OptionsT, typename ParamStateT>
struct AdamLikeFields {
  using Optimizer = OptimizerT;
  using Options = OptionsT;
  using ParamState = ParamStateT;
  static constexpr bool kAlwaysHasState = false;
  static constexpr bool kDecouplesWeightDecay =
      std::is_same_v<OptimizerT, torch::optim::AdamW>;

  template <typename V>
  static void options(Options& o, V&& visit) {
    visit("lr", o.lr());
    visit("betas", o.betas());
    visit("eps", o.eps());
    visit("weight_decay", o.weight_decay());
    visit("amsgrad", o.amsgrad());
  }

  template <typename V>
  static void state(ParamState& s, Options& o, V&& visit) {
    visit.step(s);
    visit.tensor("exp_avg", s.exp_avg(), true);
    visit.tensor("exp_avg_sq", s.exp_avg_sq(), true);
    visit.tensor("max_exp_avg_sq", s.max_exp_avg_sq(), o.amsgrad());
  }
};

using AdamFields = AdamLikeFields<torch::optim::Adam,
                                  torch::optim::AdamOptions,
                                  torch::optim::AdamParamState>;
using AdamWFields = AdamLikeFields<torch::optim::AdamW,
                                   torch::optim::AdamWOptions,
                                   torch::optim::AdamWParamState>;

struct RmsPropFields {
  using Optimizer = torch::optim::RMSprop;
  using Options = torch::optim::RMSpropOptions;
  using ParamState = torch::optim::RMSpropParamState;
  static constexpr bool kAlwaysHasState = false;
  static constexpr bool kDecouplesWeightDecay = false;

  template <typename V>
  static void options(Options& o, V&& visit) {
    visit("lr", o.lr());
    visit("alpha", o.alpha());
    visit("eps", o.eps());
    visit("weight_decay", o.weight_decay());
    visit("momentum", o.momentum());
    visit("centered", o.centered());
  }

  template <typename V>
  static void state(ParamState& s, Options& o, V&& visit) {
    visit.step(s);
    visit.tensor("square_avg", s.square_avg(), true);
    visit.tensor("momentum_buffer", s.momentum_buffer(), o.momentum() > 0);
    visit.tensor("grad_avg", s.grad_avg(), o.centered());
  }
};

struct AdagradFields {
  using Optimizer = torch::optim::Adagrad;
  using Options = torch::optim::AdagradOptions;
  using ParamState = torch::optim::AdagradParamState;
  static constexpr bool kAlwaysHasState = true;  // made in its constructor
  static constexpr bool kDecouplesWeightDecay = false;

  template <typename V>
  static void options(Options& o, V&& visit) {
    visit("lr", o.lr());
    visit("lr_decay", o.lr_decay());
    visit("weight_decay", o.weight_decay());
    visit("initial_accumulator_value", o.initial_accumulator_value());
    visit("eps", o.eps());
  }

  template <typename V>
  static void state(ParamState& s, Options&, V&& visit) {
    visit.step(s);
    visit.tensor("sum", s.sum(), true);
  }
};

}  // namespace thexp
