// One training step, as a hand-written LibTorch loop and as a Trainer: an MLP
// 784-32-10, batches of 32, SGD with momentum 0.9, cross entropy, 60000 x 784
// floats in memory, one thread. One process measures one peer; run.py runs
// them interleaved and prints the table.
//
//   step_benchmark PEER EPOCHS OUT.json
//     slices   hand-written, unshuffled slices of the data
//     select   hand-written, a shuffled index_select a batch
//     off      Trainer without callbacks and checkpoints
//     on       Trainer with all defaults: meter, progress line, log file,
//              metrics, a checkpoint at the epoch's end
#include <torch/nn.h>
#include <torch/optim.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "thexp/thexp.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t kExamples = 60000;
constexpr int64_t kBatch = 32;

struct NetImpl : torch::nn::Module {
  NetImpl() : hidden(784, 32), out(32, 10) {
    register_module("hidden", hidden);
    register_module("out", out);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return out(torch::relu(hidden(x)));
  }
  torch::nn::Linear hidden, out;
};
TORCH_MODULE(Net);

torch::optim::SGDOptions sgd() {
  return torch::optim::SGDOptions(0.01).momentum(0.9);
}

struct Data {
  torch::Tensor images = torch::rand({kExamples, 784});
  torch::Tensor labels = torch::randint(10, {kExamples}, torch::kLong);
};

// The moments at which steps ended.
struct Times {
  Times() { ends.reserve(1 << 20); }
  void begin_epoch() { ends.push_back({Clock::now(), false}); }
  void end_step() { ends.push_back({Clock::now(), true}); }

  double median_us() const {
    std::vector<double> steps;
    for (std::size_t i = 1; i < ends.size(); ++i) {
      if (ends[i].second) steps.push_back(us(ends[i - 1].first, ends[i].first));
    }
    std::nth_element(steps.begin(), steps.begin() + steps.size() / 2,
                     steps.end());
    return steps[steps.size() / 2];
  }

  // Everything between the first step's begin and the end, per step.
  double mean_us() const {
    return us(ends.front().first, finished) /
           std::count_if(ends.begin(), ends.end(),
                         [](const auto& end) { return end.second; });
  }

  static double us(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::micro>(to - from).count();
  }

  std::vector<std::pair<Clock::time_point, bool>> ends;
  Clock::time_point finished;
};

void hand_written(bool shuffled, int64_t epochs, Times& times) {
  Data data;
  Net net;
  torch::optim::SGD optim(net->parameters(), sgd());
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    times.begin_epoch();
    torch::Tensor order =
        shuffled ? torch::randperm(kExamples) : torch::Tensor();
    for (int64_t at = 0; at < kExamples; at += kBatch) {
      torch::Tensor x, y;
      if (shuffled) {
        auto rows = order.slice(0, at, at + kBatch);
        x = data.images.index_select(0, rows);
        y = data.labels.index_select(0, rows);
      } else {
        x = data.images.slice(0, at, at + kBatch);
        y = data.labels.slice(0, at, at + kBatch);
      }
      auto loss = torch::nn::functional::cross_entropy(net->forward(x), y);
      optim.zero_grad();
      loss.backward();
      optim.step();
      times.end_step();
    }
  }
  times.finished = Clock::now();
}

class StepTrainer : public thexp::Trainer {
 public:
  StepTrainer(thexp::TrainerParams& params, CallbackSetup setup, Times& times)
      : Trainer(params, setup), times_(times) {}

 protected:
  struct Stopwatch : thexp::Callback {
    explicit Stopwatch(Times& times) : times(times) {}
    int priority() const override { return 0; }
    void on_epoch_begin(thexp::Trainer&) override { times.begin_epoch(); }
    void on_batch_end(thexp::Trainer&,
                      const thexp::Batch&,
                      const thexp::Meter&) override {
      times.end_step();
    }
    Times& times;
  };

  void callbacks() override { add_callback<Stopwatch>(times_); }
  void models() override {
    net_ = add_model("net", Net());
    optim_ =
        add_optimizer("optim", torch::optim::SGD(net_->parameters(), sgd()));
  }
  void datasets() override {
    Data data;
    std::vector<torch::Tensor> tensors = {data.images, data.labels};
    add_loader(thexp::Phase::kTrain, thexp::tensor_dataset(tensors),
               thexp::LoaderOptions().batch_size(kBatch).shuffle(true));
  }
  thexp::Meter train_batch(const thexp::Batch& batch,
                           const thexp::Progress&) override {
    auto [x, y] = batch.as<2>();
    auto loss = torch::nn::functional::cross_entropy(net_->forward(x), y);
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    thexp::Meter meter;
    meter["loss"] = loss;
    return meter;
  }

 private:
  Times& times_;
  Net net_{nullptr};
  thexp::Optimizer<torch::optim::SGD> optim_;
};

void trained(bool everything, int64_t epochs, Times& times) {
  thexp::TrainerParams params;
  params.threads = 1;
  params.epoch = epochs;
  params.device = "cpu";
  params.exp_name = "step_benchmark";
  if (!everything) {
    params.log_console = false;
    params.checkpoint_every = 0;
  }
  StepTrainer trainer(params, everything ? &thexp::default_callbacks : nullptr,
                      times);
  trainer.train();
  times.finished = Clock::now();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: step_benchmark slices|select|off|on EPOCHS OUT.json\n";
    return 2;
  }
  std::string peer = argv[1];
  int64_t epochs = std::stoll(argv[2]);
  torch::set_num_threads(1);
  torch::manual_seed(1);
  Times times;
  if (peer == "slices" || peer == "select") {
    hand_written(peer == "select", epochs, times);
  } else {
    trained(peer == "on", epochs, times);
  }
  // steady_clock counts from the same moment in every process.
  double first_step =
      std::chrono::duration<double>(times.ends.at(1).first.time_since_epoch())
          .count();
  std::ofstream(argv[3]) << "{\"median_us\": " << times.median_us()
                         << ", \"mean_us\": " << times.mean_us()
                         << ", \"first_step\": " << std::fixed << first_step
                         << "}\n";
}
