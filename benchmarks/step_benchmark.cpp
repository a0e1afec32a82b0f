// One training step, as a hand-written LibTorch loop and as a Trainer: an MLP
// 784-32-10, batches of 32, SGD with momentum 0.9, cross entropy, 60000 x 784
// floats in memory, one thread. One process measures one peer; run.py runs
// them interleaved and prints the table.
//
//   step_benchmark PEER EPOCHS OUT.json [--device=cuda] [--trace=TRACE.json]
//     slices   hand-written, unshuffled slices of the data
//     select   hand-written, a shuffled index_select a batch
//     loader   hand-written, batches of a shuffling DataLoader (on a GPU:
//              pinned, and copied without waiting, as a Trainer's)
//     off      Trainer without callbacks and checkpoints
//     on       Trainer with all defaults: meter, progress line, log file,
//              metrics, a checkpoint at the epoch's end
//
// --trace needs the build `step_trace` of this file.
#include <torch/nn.h>
#include <torch/optim.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>

#include "thexp/base/text.h"
#include "thexp/thexp.h"

#ifdef THEXP_KERNEL_TRACE
#include "kernel_trace.h"
#else
struct KernelTrace {
  explicit KernelTrace(const std::string& file) {
    if (!file.empty()) throw thexp::UsageError("--trace needs step_trace");
  }
  void after_step(int64_t) {}
};
#endif

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

// What is measured, and where.
struct Job {
  std::string peer;
  int64_t epochs = 0;
  std::string result;
  std::string device = "cpu";
  std::string trace;
};

// A copy to the host comes after everything that the device was given.
void wait_for(const at::Device& device) {
  if (!device.is_cpu()) torch::zeros({1}, device).cpu();
}

// The moments at which steps ended: on a GPU, were given to it.
struct Times {
  explicit Times(const std::string& trace_file) : trace(trace_file) {
    ends.reserve(1 << 20);
  }
  void begin_epoch() { ends.push_back({Clock::now(), false}); }
  void end_step() {
    ends.push_back({Clock::now(), true});
    trace.after_step(++steps);
  }

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
  int64_t steps = 0;
  KernelTrace trace;
};

// The model and the step of a loop that is written by hand.
class HandWritten {
 public:
  HandWritten(at::Device device, Times& times)
      : device_(device), times_(times) {
    net_->to(device);
    optim_ = std::make_unique<torch::optim::SGD>(net_->parameters(), sgd());
  }

  void step(const torch::Tensor& images, const torch::Tensor& labels) {
    torch::Tensor x = images.to(device_, /*non_blocking=*/true);
    torch::Tensor y = labels.to(device_, /*non_blocking=*/true);
    auto loss = torch::nn::functional::cross_entropy(net_->forward(x), y);
    optim_->zero_grad();
    loss.backward();
    optim_->step();
    times_.end_step();
  }

  void by_hand(const Data& data, bool shuffled) {
    times_.begin_epoch();
    torch::Tensor order =
        shuffled ? torch::randperm(kExamples) : torch::Tensor();
    for (int64_t at = 0; at < kExamples; at += kBatch) {
      if (shuffled) {
        auto rows = order.slice(0, at, at + kBatch);
        step(data.images.index_select(0, rows),
             data.labels.index_select(0, rows));
      } else {
        step(data.images.slice(0, at, at + kBatch),
             data.labels.slice(0, at, at + kBatch));
      }
    }
  }

  void by_loader(thexp::DataLoader& loader, int64_t epoch) {
    times_.begin_epoch();
    for (const thexp::Batch& batch : loader.epoch(epoch)) {
      step(batch[0], batch[1]);
    }
  }

 private:
  at::Device device_;
  Times& times_;
  Net net_;
  std::unique_ptr<torch::optim::SGD> optim_;
};

thexp::LoaderOptions loader_options() {
  return thexp::LoaderOptions().batch_size(kBatch).shuffle(true);
}

std::shared_ptr<thexp::Dataset> dataset(const Data& data) {
  return thexp::tensor_dataset({data.images, data.labels});
}

void hand_written(const Job& job, Times& times) {
  const at::Device device(job.device);
  Data data;
  thexp::DataLoader loader(dataset(data),
                           loader_options().pin_memory(!device.is_cpu()));
  HandWritten loop(device, times);
  for (int64_t epoch = 0; epoch < job.epochs; ++epoch) {
    if (job.peer == "loader") {
      loop.by_loader(loader, epoch);
    } else {
      loop.by_hand(data, job.peer == "select");
    }
  }
  wait_for(device);
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
    add_loader(thexp::Phase::kTrain, dataset(Data()), loader_options());
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

void trained(const Job& job, Times& times) {
  const bool everything = job.peer == "on";
  thexp::TrainerParams params;
  params.threads = 1;
  params.epoch = job.epochs;
  params.device = job.device;
  params.exp_name = "step_benchmark";
  if (!everything) {
    params.log_console = false;
    params.checkpoint_every = 0;
  }
  StepTrainer trainer(params, everything ? &thexp::default_callbacks : nullptr,
                      times);
  trainer.train();
  wait_for(trainer.device());
  times.finished = Clock::now();
}

// Empty for a command line that is none.
std::optional<Job> job_of(const std::vector<std::string>& arguments) {
  Job job;
  std::vector<std::string> words;
  for (const std::string& each : arguments) {
    const std::size_t value = each.find('=') + 1;
    if (thexp::starts_with(each, "--device=")) {
      job.device = each.substr(value);
    } else if (thexp::starts_with(each, "--trace=")) {
      job.trace = each.substr(value);
    } else {
      words.push_back(each);
    }
  }
  if (words.size() != 3) return std::nullopt;
  job.peer = words[0];
  job.epochs = std::stoll(words[1]);
  job.result = words[2];
  return job;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Job> job = job_of({argv + 1, argv + argc});
  if (!job) {
    std::cerr << "usage: step_benchmark slices|select|loader|off|on EPOCHS "
                 "OUT.json [--device=cuda] [--trace=TRACE.json]\n";
    return 2;
  }
  torch::set_num_threads(1);
  torch::manual_seed(1);
  Times times(job->trace);
  if (job->peer == "off" || job->peer == "on") {
    trained(*job, times);
  } else {
    hand_written(*job, times);
  }
  // steady_clock counts from the same moment in every process.
  double first_step =
      std::chrono::duration<double>(times.ends.at(1).first.time_since_epoch())
          .count();
  std::ofstream(job->result)
      << "{\"median_us\": " << times.median_us()
      << ", \"mean_us\": " << times.mean_us()
      << ", \"first_step\": " << std::fixed << first_step << "}\n";
}
