#pragma once

#include <torch/optim/adagrad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/lbfgs.h>
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

// It has one state for all parameters, at the first of them.
struct LbfgsFields {
  using Optimizer = torch::optim::LBFGS;
  using Options = torch::optim::LBFGSOptions;
  using ParamState = torch::optim::LBFGSParamState;
  static constexpr bool kAlwaysHasState = false;
  static constexpr bool kDecouplesWeightDecay = false;

  template <typename V>
  static void options(Options& o, V&& visit) {
    visit("lr", o.lr());
    visit("max_iter", o.max_iter());
    visit("max_eval", o.max_eval());
    visit("tolerance_grad", o.tolerance_grad());
    visit("tolerance_change", o.tolerance_change());
    visit("history_size", o.history_size());
    visit("line_search_fn", o.line_search_fn());
  }

  template <typename V>
  static void state(ParamState& s, Options&, V&& visit) {
    visit.count("func_evals", s.func_evals());
    visit.count("n_iter", s.n_iter());
    visit.real("t", s.t());
    visit.real("prev_loss", s.prev_loss());
    visit.flat("d", s.d());
    visit.flat("H_diag", s.H_diag());
    visit.flat("prev_flat_grad", s.prev_flat_grad());
    visit.list("old_dirs", s.old_dirs());
    visit.list("old_stps", s.old_stps());
    visit.list("ro", s.ro());
    visit.list("al", s.al());
  }
};

}  // namespace thexp
