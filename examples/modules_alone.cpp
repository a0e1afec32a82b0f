// The parts without a Trainer, in a loop of your own: parameters, loader,
// meters, log, saver and random numbers.
#include <torch/nn/functional/loss.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include "thexp/thexp.h"

struct LoopParams : thexp::Params {
  thexp::Param<int64_t> epoch{this, "epoch", 5, "epochs to train"};
  thexp::Param<double> lr{this, "optim.lr", 0.1, "learning rate",
                          thexp::between(0.0, 1.0)};
  thexp::Param<thexp::fs::path> folder{this, "folder", "alone",
                                       "where to save"};
};

std::shared_ptr<thexp::Dataset> make_data() {
  auto x = torch::randn({256, 4});
  auto y = x.mv(torch::tensor({1.0f, -2.0f, 3.0f, 0.5f})).unsqueeze(1);
  return thexp::tensor_dataset({x, y});
}

void train(const LoopParams& params) {
  thexp::Logger logger;
  logger.add_file(*params.folder / "loop.log");
  logger.info("params", params.to_string());

  thexp::RndManager rnd(/*seed=*/1);
  rnd.mark("loop");  // the same draws in every process
  torch::nn::Linear net(4, 1);
  torch::optim::SGD optim(net->parameters(), *params.lr);
  thexp::DataLoader loader(make_data(),
                           thexp::LoaderOptions().batch_size(32).shuffle(true));
  thexp::Saver saver(*params.folder, thexp::SaverOptions().max_to_keep(2));

  for (int64_t epoch = 1; epoch <= *params.epoch; ++epoch) {
    thexp::AvgMeter average;
    for (const thexp::Batch& batch : loader.epoch(epoch)) {
      auto [x, y] = batch.as<2>();
      auto loss = torch::nn::functional::mse_loss(net->forward(x), y);
      optim.zero_grad();
      loss.backward();
      optim.step();

      thexp::Meter meter;
      meter["loss"] = loss;
      average.update(meter, batch.size());
      if (logger.wants_frame()) logger.inline_line(epoch, average);
    }
    logger.info("epoch", epoch, average);
    thexp::State state;
    state["net"] = thexp::module_state(*net);
    state["optim"] = thexp::optimizer_state(optim);
    saver.save_checkpoint(
        epoch, state, thexp::Value::Dict{{"loss", average.average("loss")}});
  }
  logger.info("kept", saver.find_checkpoints().size(), "checkpoints");
}

int main(int argc, char** argv) {
  LoopParams params;
  try {
    thexp::CommandLine command = params.parse_args(argc, argv);
    if (command.help) {
      std::cout << params.help_text("modules_alone");
      return 0;
    }
    train(params);
  } catch (const thexp::ParamError& error) {
    std::cerr << error.what() << "\n";
    return 2;
  } catch (const thexp::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
