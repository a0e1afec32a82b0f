// Two networks, two optimizers: a small DCGAN on drawn digits, after the C++
// DCGAN program of pytorch/examples. Sample images are written as one PGM
// picture an epoch into the run folder.
#include <torch/nn.h>
#include <torch/optim/adam.h>

#include <fstream>

#include "digits.h"
#include "thexp/thexp.h"

namespace nn = torch::nn;
namespace F = torch::nn::functional;

struct GanParams : thexp::TrainerParams {
  thexp::Param<int64_t> noise{this, "noise", 32, "numbers a picture is made of",
                              thexp::at_least(1)};
  thexp::Param<int64_t> count{this, "data.count", 2000, "digits to draw",
                              thexp::at_least(64)};
  thexp::Param<int64_t> batch_size{this, "batch_size", 64, "examples a step",
                                   thexp::at_least(2)};
  thexp::Param<double> lr{this, "optim.lr", 2e-4, "learning rate of both",
                          thexp::at_least(0.0)};
};

nn::Sequential make_generator(int64_t noise) {
  auto up = [](int64_t in, int64_t out, int64_t kernel, int64_t stride,
               int64_t padding) {
    return nn::ConvTranspose2d(nn::ConvTranspose2dOptions(in, out, kernel)
                                   .stride(stride)
                                   .padding(padding)
                                   .bias(false));
  };
  return nn::Sequential(nn::Unflatten(nn::UnflattenOptions(1, {noise, 1, 1})),
                        up(noise, 64, 7, 1, 0), nn::BatchNorm2d(64), nn::ReLU(),
                        up(64, 32, 4, 2, 1), nn::BatchNorm2d(32), nn::ReLU(),
                        up(32, 1, 4, 2, 1), nn::Sigmoid());
}

nn::Sequential make_discriminator() {
  auto down = [](int64_t in, int64_t out, int64_t kernel, int64_t stride,
                 int64_t padding) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel)
                          .stride(stride)
                          .padding(padding)
                          .bias(false));
  };
  auto leaky = [] {
    return nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2));
  };
  return nn::Sequential(down(1, 32, 4, 2, 1), leaky(), down(32, 64, 4, 2, 1),
                        nn::BatchNorm2d(64), leaky(), down(64, 1, 7, 1, 0),
                        nn::Flatten(nn::FlattenOptions().start_dim(0)));
}

class GanTrainer : public thexp::Trainer {
 public:
  explicit GanTrainer(GanParams& params) : Trainer(params), params_(params) {}

 protected:
  void callbacks() override;

  void models() override {
    using torch::optim::Adam;
    using torch::optim::AdamOptions;
    auto options = AdamOptions(*params_.lr).betas({0.5, 0.999});
    generator_ = add_model("generator", make_generator(*params_.noise));
    discriminator_ = add_model("discriminator", make_discriminator());
    g_optim_ =
        add_optimizer("g_optim", Adam(generator_->parameters(), options));
    d_optim_ =
        add_optimizer("d_optim", Adam(discriminator_->parameters(), options));
    sheet_noise_ = torch::randn({16, *params_.noise}, device());
    keep("sheet_noise", sheet_noise_);
  }

  void datasets() override {
    add_loader(thexp::Phase::kTrain, examples::draw_digits(*params_.count, 1),
               thexp::LoaderOptions()
                   .batch_size(*params_.batch_size)
                   .shuffle(true)
                   .drop_last(true));
  }

  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto real = batch[0].view({-1, 1, 28, 28});
    auto fake = generator_->forward(
        torch::randn({real.size(0), *params_.noise}, device()));

    d_optim_->zero_grad();
    auto d_loss = judge(real, 0.9) + judge(fake.detach(), 0.0);
    d_loss.backward();
    d_optim_->step();

    g_optim_->zero_grad();
    auto g_loss = judge(fake, 1.0);
    g_loss.backward();
    g_optim_->step();

    thexp::Meter meter;
    meter["d_loss"] = d_loss;
    meter["g_loss"] = g_loss;
    return meter;
  }

 private:
  struct Sheet;

  // How far the discriminator is from saying `answer` about the pictures.
  torch::Tensor judge(const torch::Tensor& pictures, double answer) {
    auto logits = discriminator_->forward(pictures);
    return F::binary_cross_entropy_with_logits(
        logits, torch::full_like(logits, answer));
  }

  GanParams& params_;
  nn::Sequential generator_{nullptr};
  nn::Sequential discriminator_{nullptr};
  thexp::Optimizer<torch::optim::Adam> g_optim_;
  thexp::Optimizer<torch::optim::Adam> d_optim_;
  torch::Tensor sheet_noise_;
};

// A sheet of 4 x 4 pictures from the same noise after every epoch.
struct GanTrainer::Sheet : thexp::Callback {
  explicit Sheet(GanTrainer& gan) : gan(gan) {}

  void on_epoch_end(thexp::Trainer& trainer) override {
    torch::NoGradGuard no_grad;
    gan.generator_->eval();
    auto pictures = gan.generator_->forward(gan.sheet_noise_).cpu();
    gan.generator_->train();
    auto sheet = (pictures.view({4, 4, 28, 28}).transpose(1, 2) * 255)
                     .to(torch::kUInt8)
                     .contiguous();
    auto file = trainer.run_folder() /
                ("sample-" + std::to_string(trainer.progress().epoch) + ".pgm");
    std::ofstream(file, std::ios::binary)
        .write("P5 112 112 255\n", 15)
        .write(reinterpret_cast<const char*>(sheet.data_ptr<uint8_t>()),
               sheet.numel());
  }

  GanTrainer& gan;
};

void GanTrainer::callbacks() { add_callback<Sheet>(*this); }

int main(int argc, char** argv) {
  return thexp::run<GanTrainer, GanParams>(argc, argv);
}
