// A small transformer that learns to write like a text file, one character
// after another. Without --data.file it learns a text of its own.
#include <torch/nn.h>
#include <torch/optim/adamw.h>

#include "rhyme.h"
#include "thexp/thexp.h"

namespace nn = torch::nn;
namespace F = torch::nn::functional;

struct GptParams : thexp::TrainerParams {
  thexp::Param<thexp::fs::path> file{this, "data.file", "",
                                     "a text file; empty = a built-in text"};
  thexp::Param<int64_t> context{this, "model.context", 32,
                                "characters that it looks back",
                                thexp::at_least(2)};
  thexp::Param<int64_t> width{this, "model.width", 64, "size of an embedding",
                              thexp::at_least(4)};
  thexp::Param<int64_t> heads{this, "model.heads", 4, "attention heads",
                              thexp::at_least(1)};
  thexp::Param<int64_t> layers{this, "model.layers", 2, "blocks",
                               thexp::at_least(1)};
  thexp::Param<double> dropout{this, "model.dropout", 0.1, "everywhere",
                               thexp::between(0.0, 0.9)};
  thexp::Param<int64_t> batch_size{this, "batch_size", 32, "windows a step",
                                   thexp::at_least(1)};
  thexp::Param<double> lr{this, "optim.lr", 3e-3, "highest learning rate",
                          thexp::at_least(0.0)};
  thexp::Param<int64_t> sample{this, "sample", 120,
                               "characters to write after each epoch",
                               thexp::at_least(0)};

  void check() const override {
    if (*width % *heads != 0) {
      throw thexp::ParamError::invalid(
          "model.width must be a multiple of model.heads");
    }
  }
};

struct BlockImpl : nn::Module {
  BlockImpl(int64_t width, int64_t heads, double dropout)
      : attention(nn::MultiheadAttentionOptions(width, heads).dropout(dropout)),
        before_attention(nn::LayerNormOptions({width})),
        before_mlp(nn::LayerNormOptions({width})),
        mlp(nn::Linear(width, 4 * width),
            nn::GELU(),
            nn::Linear(4 * width, width),
            nn::Dropout(dropout)) {
    register_module("attention", attention);
    register_module("before_attention", before_attention);
    register_module("before_mlp", before_mlp);
    register_module("mlp", mlp);
  }

  // x is [context, batch, width].
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& mask) {
    auto y = before_attention(x);
    x = x + std::get<0>(attention(y, y, y, torch::Tensor(), false, mask));
    return x + mlp->forward(before_mlp(x));
  }

  nn::MultiheadAttention attention;
  nn::LayerNorm before_attention, before_mlp;
  nn::Sequential mlp;
};
TORCH_MODULE(Block);

struct GptImpl : nn::Module {
  GptImpl(const GptParams& p, int64_t characters)
      : tokens(characters, *p.width),
        places(*p.context, *p.width),
        last(nn::LayerNormOptions({*p.width})),
        head(*p.width, characters) {
    register_module("tokens", tokens);
    register_module("places", places);
    register_module("blocks", blocks);
    register_module("last", last);
    register_module("head", head);
    for (int64_t i = 0; i < *p.layers; ++i) {
      blocks->push_back(Block(*p.width, *p.heads, *p.dropout));
    }
  }

  // [batch, context] characters -> [batch, context, characters] logits.
  torch::Tensor forward(const torch::Tensor& x) {
    int64_t length = x.size(1);
    auto mask = torch::full({length, length}, -INFINITY, x.device()).triu(1);
    auto place = torch::arange(length, x.device());
    auto h = (tokens(x) + places(place)).transpose(0, 1);
    for (const auto& block : *blocks) h = block->as<Block>()->forward(h, mask);
    return head(last(h)).transpose(0, 1);
  }

  nn::Embedding tokens, places;
  nn::ModuleList blocks;
  nn::LayerNorm last;
  nn::Linear head;
};
TORCH_MODULE(Gpt);

class GptTrainer : public thexp::Trainer {
 public:
  explicit GptTrainer(GptParams& params) : Trainer(params), params_(params) {}

  // `count` characters that the model writes after `start`.
  std::string write(const std::string& start, int64_t count) {
    torch::NoGradGuard no_grad;
    net_->eval();
    auto text = vocabulary_->encode(start).unsqueeze(0).to(device());
    for (int64_t i = 0; i < count; ++i) {
      auto seen =
          text.narrow(1, std::max<int64_t>(0, text.size(1) - *params_.context),
                      std::min(text.size(1), *params_.context));
      auto odds = net_->forward(seen).select(1, -1).softmax(-1);
      text = torch::cat({text, odds.argmax(-1, true)}, 1);
    }
    net_->train();
    return vocabulary_->decode(text.cpu());
  }

 protected:
  void callbacks() override;

  void models() override {
    std::string text = params_.file->empty()
                           ? examples::counting_rhyme()
                           : thexp::read_text_file(*params_.file);
    vocabulary_ = thexp::CharVocabulary::of_text(text);
    characters_ = vocabulary_->encode(text);
    net_ = add_model("net", Gpt(params_, vocabulary_->size()));
    optim_ = add_optimizer(
        "optim", torch::optim::AdamW(net_->parameters(), *params_.lr));
  }

  void datasets() override {
    int64_t train_size = characters_.size(0) * 9 / 10;
    auto windows = [&](const torch::Tensor& part) {
      return std::make_shared<thexp::WindowDataset>(part, *params_.context);
    };
    add_loader(thexp::Phase::kTrain,
               windows(characters_.slice(0, 0, train_size)),
               thexp::LoaderOptions()
                   .batch_size(*params_.batch_size)
                   .shuffle(true)
                   .drop_last(true));
    add_loader(thexp::Phase::kEval, windows(characters_.slice(0, train_size)),
               thexp::LoaderOptions().batch_size(128));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto loss = loss_of(batch);
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

  thexp::Meter eval_batch(const thexp::Batch& batch) override {
    thexp::Meter meter;
    meter["loss"] = loss_of(batch);
    return meter;
  }

 private:
  struct Writer;

  torch::Tensor loss_of(const thexp::Batch& batch) {
    auto [seen, next] = batch.as<2>();
    auto logits = net_->forward(seen);
    return F::cross_entropy(logits.reshape({-1, logits.size(-1)}),
                            next.reshape(-1));
  }

  GptParams& params_;
  std::optional<thexp::CharVocabulary> vocabulary_;
  torch::Tensor characters_;
  Gpt net_{nullptr};
  thexp::Optimizer<torch::optim::AdamW> optim_;
};

// Shows what the model has learnt so far.
struct GptTrainer::Writer : thexp::Callback {
  explicit Writer(GptTrainer& gpt) : gpt(gpt) {}
  int priority() const override { return kReport + 1; }
  void on_epoch_end(thexp::Trainer& trainer) override {
    int64_t count = *gpt.params_.sample;
    if (count > 0) {
      trainer.logger().raw(gpt.write(gpt.vocabulary_->characters()[0], count));
    }
  }
  GptTrainer& gpt;
};

void GptTrainer::callbacks() {
  add_callback<thexp::GradientClipping>(1.0);
  add_callback<thexp::LrSchedule>([this](int64_t epochs) {
    return thexp::Schedule::cosine(*params_.lr, *params_.lr / 10, 0, epochs);
  });
  add_callback<Writer>(*this);
}

int main(int argc, char** argv) {
  return thexp::run<GptTrainer, GptParams>(argc, argv);
}
