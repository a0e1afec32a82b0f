// An LSTM that learns to write like a text file. Each row of a batch reads on
// where it stopped in the batch before, and the LSTM's state is carried over
// (truncated backpropagation through time). It trains by steps:
//   char_rnn --data.file=input.txt --steps=2000 --eval.every_steps=200
#include <torch/nn.h>
#include <torch/optim/adam.h>

#include "rhyme.h"
#include "thexp/thexp.h"

namespace nn = torch::nn;

struct RnnParams : thexp::TrainerParams {
  RnnParams() { steps = 2000; }

  thexp::Param<thexp::fs::path> file{this, "data.file", "",
                                     "a text file; empty = a built-in text"};
  thexp::Param<int64_t> length{this, "length", 32, "characters a step"};
  thexp::Param<int64_t> batch_size{this, "batch_size", 16,
                                   "texts that are read beside each other"};
  thexp::Param<int64_t> width{this, "model.width", 128, "of the LSTM"};
  thexp::Param<double> lr{this, "optim.lr", 5e-3, "learning rate"};
};

struct RnnImpl : nn::Module {
  RnnImpl(int64_t characters, int64_t width)
      : tokens(register_module("tokens", nn::Embedding(characters, width))),
        lstm(register_module(
            "lstm", nn::LSTM(nn::LSTMOptions(width, width).batch_first(true)))),
        head(register_module("head", nn::Linear(width, characters))) {}

  nn::Embedding tokens;
  nn::LSTM lstm;
  nn::Linear head;
};
TORCH_MODULE(Rnn);

class RnnTrainer : public thexp::Trainer {
 public:
  explicit RnnTrainer(RnnParams& params) : Trainer(params), params_(params) {}

 protected:
  void callbacks() override {
    add_callback<thexp::GradientClipping>(1.0);
    add_callback<thexp::ModelCheckpoint>("eval/loss");
  }

  void models() override {
    std::string text = params_.file->empty()
                           ? examples::counting_rhyme()
                           : thexp::read_text_file(*params_.file);
    auto vocabulary = thexp::CharVocabulary::of_text(text);
    characters_ = vocabulary.encode(text);
    net_ = add_model("net", Rnn(vocabulary.size(), *params_.width));
    optim_ = add_optimizer("optim",
                           torch::optim::Adam(net_->parameters(), *params_.lr));
    keep("hidden", hidden_);  // a resumed run reads on with it
    keep("cell", cell_);
  }

  void datasets() override {
    int64_t train_size = characters_.size(0) * 9 / 10;
    add_text(thexp::Phase::kTrain, characters_.slice(0, 0, train_size));
    add_text(thexp::Phase::kEval, characters_.slice(0, train_size));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress& at) override {
    if (at.batch == 0) hidden_ = cell_ = torch::Tensor();  // the text begins
    auto loss = read(batch, hidden_, cell_);
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    return {{"loss", loss}};
  }

  thexp::Meter eval_batch(const thexp::Batch& batch,
                          const thexp::PhaseProgress& at) override {
    if (at.is_first()) eval_hidden_ = eval_cell_ = torch::Tensor();
    return {{"loss", read(batch, eval_hidden_, eval_cell_)}};
  }

 private:
  void add_text(thexp::Phase phase, const torch::Tensor& text) {
    const int64_t rows = *params_.batch_size, step = *params_.length;
    auto windows = std::make_shared<thexp::WindowDataset>(text, step);
    auto order =
        std::make_shared<thexp::ContiguousSampler>(windows->size(), rows, step);
    add_loader(phase, windows,
               thexp::LoaderOptions().batch_size(rows).sampler(order));
  }

  // The loss of one window of each text; the state goes on after it.
  torch::Tensor read(const thexp::Batch& batch,
                     torch::Tensor& hidden,
                     torch::Tensor& cell) {
    auto [seen, next] = batch.as<2>();
    if (!hidden.defined()) {
      hidden = cell = torch::zeros({1, seen.size(0), *params_.width}, device());
    }
    auto [output, after] =
        net_->lstm(net_->tokens(seen), std::make_tuple(hidden, cell));
    hidden = std::get<0>(after).detach();
    cell = std::get<1>(after).detach();
    auto logits = net_->head(output);
    return nn::functional::cross_entropy(logits.flatten(0, 1), next.flatten());
  }

  RnnParams& params_;
  torch::Tensor characters_;
  Rnn net_{nullptr};
  thexp::Optimizer<torch::optim::Adam> optim_;
  torch::Tensor hidden_, cell_, eval_hidden_, eval_cell_;
};

int main(int argc, char** argv) {
  return thexp::run<RnnTrainer, RnnParams>(argc, argv);
}
