// Reinforcement learning without a data set: proximal policy optimization
// (Schulman et al., 2017) balances a pole on a cart. Each step plays `rollout`
// moves in eight environments, and trains on them.
#include <torch/nn.h>
#include <torch/optim/adam.h>

#include <cmath>
#include <random>

#include "thexp/thexp.h"

namespace nn = torch::nn;

struct PpoParams : thexp::TrainerParams {
  PpoParams() { steps = 60; }

  thexp::Param<int64_t> rollout{this, "rollout", 128, "moves in each cart"};
  thexp::Param<int64_t> passes{this, "passes", 4, "updates on each rollout"};
  thexp::Param<double> clip{this, "clip", 0.2, "of the policy's ratio"};
  thexp::Param<double> gamma{this, "gamma", 0.99, "discount"};
  thexp::Param<double> lambda{this, "lambda", 0.95, "of the advantages"};
  thexp::Param<double> lr{this, "optim.lr", 3e-3, "learning rate"};
};

// The cart and pole of Barto, Sutton and Anderson (1983), with the constants
// that Gym made common.
class Cart : public thexp::Stateful {
 public:
  using Observation = std::array<float, 4>;  // place, speed, angle, its speed

  const Observation& observation() const { return at_; }
  int64_t moves() const { return moves_; }

  void reset(std::mt19937& random) {
    // Not uniform_real_distribution: its numbers are each library's own.
    for (float& x : at_) x = (random() / 4294967296.0f - 0.5f) * 0.1f;
    moves_ = 0;
  }

  // Pushes to the right or to the left; false when the pole fell, or the cart
  // left its track.
  bool move(bool right) {
    auto [x, v, angle, turn] = at_;
    const float sine = std::sin(angle), cosine = std::cos(angle);
    const float push =
        ((right ? 10.0f : -10.0f) + 0.05f * turn * turn * sine) / 1.1f;
    const float bend = (9.8f * sine - cosine * push) /
                       (0.5f * (4.0f / 3 - 0.1f * cosine * cosine / 1.1f));
    const float slide = push - 0.05f * bend * cosine / 1.1f;
    at_ = {x + 0.02f * v, v + 0.02f * slide, angle + 0.02f * turn,
           turn + 0.02f * bend};
    ++moves_;
    return std::abs(at_[0]) < 2.4f && std::abs(at_[2]) < 0.2095f;
  }

  thexp::State state() const override {
    return thexp::State::Dict{{"at", thexp::ToState<Observation>::get(at_)},
                              {"moves", moves_}};
  }
  void load_state(const thexp::State& state) override {
    thexp::ToState<Observation>::set(state["at"], at_);
    moves_ = state["moves"].as_integer();
  }

 private:
  Observation at_{};
  int64_t moves_ = 0;
};

class PpoTrainer : public thexp::Trainer {
 public:
  explicit PpoTrainer(PpoParams& params) : Trainer(params), params_(params) {}

 protected:
  void models() override {
    auto make = [](int64_t outputs) {
      return nn::Sequential(nn::Linear(4, 64), nn::Tanh(), nn::Linear(64, 64),
                            nn::Tanh(), nn::Linear(64, outputs));
    };
    policy_ = add_model("policy", make(2));
    value_ = add_model("value", make(1));
    auto all = policy_->parameters();
    for (const auto& each : value_->parameters()) all.push_back(each);
    optim_ = add_optimizer("optim", torch::optim::Adam(all, *params_.lr));
    random_.seed(*params_.seed);
    for (Cart& cart : carts_) cart.reset(random_);
    keep("random", random_);
    for (int64_t i = 0; i < kCarts; ++i) {
      keep("cart " + std::to_string(i), carts_[i]);
    }
    keep("episodes", episodes_);
  }

  void datasets() override {
    add_loader(thexp::Phase::kTrain, std::make_shared<thexp::StepSource>(10));
  }

  thexp::Meter train_batch(const thexp::Batch&,
                           const thexp::Progress&) override {
    Rollout played = play();
    const auto [advantages, returns] = judge(played);
    const auto observed = played.observed.flatten(0, 1);
    const auto chosen = played.chosen.flatten().unsqueeze(1);
    const auto before = played.log_odds.flatten();
    const auto gain = (advantages - advantages.mean()) / advantages.std();
    torch::Tensor loss, entropy;
    for (int64_t i = 0; i < *params_.passes; ++i) {
      auto log_odds = policy_->forward(observed).log_softmax(1);
      auto ratio = (log_odds.gather(1, chosen).squeeze(1) - before).exp();
      auto clipped = ratio.clamp(1 - *params_.clip, 1 + *params_.clip);
      entropy = -(log_odds.exp() * log_odds).sum(1).mean();
      auto error = value_->forward(observed).squeeze(1) - returns;
      loss = -torch::min(ratio * gain, clipped * gain).mean() +
             0.5 * error.square().mean() - 0.01 * entropy;
      optim_->zero_grad();
      loss.backward();
      optim_->step();
    }
    thexp::Meter meter{{"loss", loss}, {"entropy", entropy}};
    if (played.ended > 0) meter["length"] = played.length / played.ended;
    return meter.rate("moves", static_cast<double>(kCarts * *params_.rollout));
  }

 private:
  static constexpr int64_t kCarts = 8;
  static constexpr int64_t kLongest = 500;  // moves of an episode

  // [moves, carts]; observed: [moves + 1, carts, 4].
  struct Rollout {
    torch::Tensor observed, chosen, log_odds, going_on;
    double ended = 0, length = 0;  // episodes, and the moves in them
  };

  torch::Tensor observe() const {
    auto all = torch::empty({kCarts, 4});
    for (int64_t i = 0; i < kCarts; ++i) {
      for (int64_t j = 0; j < 4; ++j) all[i][j] = carts_[i].observation()[j];
    }
    return all;
  }

  Rollout play() {
    torch::NoGradGuard no_grad;
    Rollout all;
    std::vector<torch::Tensor> observed, chosen, log_odds, going_on;
    for (int64_t move = 0; move < *params_.rollout; ++move) {
      observed.push_back(observe());
      auto odds = policy_->forward(observed.back().to(device())).log_softmax(1);
      chosen.push_back(odds.exp().multinomial(1));
      log_odds.push_back(odds.gather(1, chosen.back()).squeeze(1));
      going_on.push_back(torch::ones({kCarts}));
      for (int64_t i = 0; i < kCarts; ++i) {
        bool stands = carts_[i].move(chosen.back()[i].item<int64_t>() == 1);
        if (stands && carts_[i].moves() < kLongest) continue;
        going_on.back()[i] = 0;
        ++all.ended;
        all.length += static_cast<double>(carts_[i].moves());
        run_file("episodes.csv")
            .append(std::to_string(++episodes_) + "," +
                    std::to_string(carts_[i].moves()) + "\n");
        carts_[i].reset(random_);
      }
    }
    observed.push_back(observe());
    all.observed = torch::stack(observed).to(device());
    all.chosen = torch::stack(chosen).squeeze(2);
    all.log_odds = torch::stack(log_odds);
    all.going_on = torch::stack(going_on).to(device());
    return all;
  }

  // Generalized advantage estimation (Schulman et al., 2016); a move earns 1.
  std::pair<torch::Tensor, torch::Tensor> judge(Rollout& played) {
    torch::NoGradGuard no_grad;
    auto values = value_->forward(played.observed).squeeze(2);
    played.observed = played.observed.slice(0, 0, *params_.rollout);
    auto advantages = torch::zeros_like(played.going_on);
    auto next = torch::zeros({kCarts}, device());
    for (int64_t t = *params_.rollout - 1; t >= 0; --t) {
      auto on = *params_.gamma * played.going_on[t];
      next = 1 + on * values[t + 1] - values[t] + *params_.lambda * on * next;
      advantages[t].copy_(next);
    }
    auto returns = advantages + values.slice(0, 0, *params_.rollout);
    return {advantages.flatten(), returns.flatten()};
  }

  PpoParams& params_;
  std::mt19937 random_;
  std::array<Cart, kCarts> carts_;
  int64_t episodes_ = 0;
  nn::Sequential policy_{nullptr}, value_{nullptr};
  thexp::Optimizer<torch::optim::Adam> optim_;
};

int main(int argc, char** argv) {
  return thexp::run<PpoTrainer, PpoParams>(argc, argv);
}
