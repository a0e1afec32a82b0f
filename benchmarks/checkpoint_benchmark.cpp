// A checkpoint of N million floats against what the machine can do with its
// bytes: written against write(2) and fsync, loaded against read(2), and what
// training waits for against one copy into kept memory. Interleaved; a row is
// the median over the rounds, its ratio the median of the rounds' ratios. The
// last two rows take turns by themselves: after rows that allocate and free
// gigabytes, a copy is slower by what the machine does with that memory.
//
// Rows that take new memory all find it alike: really new to the process, and
// backed by the machine. Else a row may cost a third or ten times as much, by
// what ran before it and by what a virtual machine's host took back.
//
//     checkpoint_benchmark [millions = 100] [rounds = 15] [folder = .]
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <torch/nn/module.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "thexp/state/pt.h"
#include "thexp/state/safetensors.h"
#include "thexp/trainer/trainer.h"

namespace {

namespace fs = std::filesystem;
using thexp::State;

constexpr int kTensors = 100;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("cannot ") + what);
}

class File {
 public:
  File(const fs::path& path, int flags)
      : descriptor_(::open(path.c_str(), flags, 0644)) {
    require(descriptor_ >= 0, "open");
  }
  ~File() { ::close(descriptor_); }

  void write(const char* data, std::size_t bytes) {
    while (bytes > 0) {
      ssize_t count = ::write(descriptor_, data, bytes);
      require(count > 0, "write");
      data += count;
      bytes -= static_cast<std::size_t>(count);
    }
  }
  void read(char* data, std::size_t bytes) {
    while (bytes > 0) {
      ssize_t count = ::read(descriptor_, data, bytes);
      require(count > 0, "read");
      data += count;
      bytes -= static_cast<std::size_t>(count);
    }
  }
  void sync() { require(::fsync(descriptor_) == 0, "fsync"); }

 private:
  int descriptor_;
};

State make_state(int64_t floats) {
  State state;
  for (int i = 0; i < kTensors; ++i) {
    state["layer" + std::to_string(i)] = at::rand({floats / kTensors});
  }
  return state;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Row {
  std::string name;
  std::string base;  // the row that it is compared with
  std::function<void()> run;
  std::function<void()> prepare = [] {};  // not timed
  std::vector<double> seconds = {};
};

// As many parameters in a trainer that only saves.
class SavingTrainer : public thexp::Trainer {
 public:
  SavingTrainer(thexp::TrainerParams& params, int64_t floats)
      : Trainer(params, nullptr), floats_(floats) {}

 protected:
  void models() override {
    auto module = std::make_shared<torch::nn::Module>();
    for (int i = 0; i < kTensors; ++i) {
      module->register_parameter("layer" + std::to_string(i),
                                 at::rand({floats_ / kTensors}));
    }
    add_model("net", module);
  }
  void datasets() override {}
  thexp::Meter train_batch(const thexp::Batch&,
                           const thexp::Progress&) override {
    return {};
  }

 private:
  int64_t floats_;
};

double timed(const std::function<void()>& action) {
  auto start = std::chrono::steady_clock::now();
  action();
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - start;
  return passed.count();
}

// No measurement pays for what the one before left to the disk.
void settle(const fs::path& file) {
  fs::remove(file);
  ::sync();
}

// Memory that a host took back comes again when it is touched; given back to
// the guest's system, it stays there for some seconds.
void touch_free_memory(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "map memory");
#ifdef MADV_HUGEPAGE
  ::madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  std::memset(memory, 1, bytes);
  ::munmap(memory, bytes);
}

enum class Order { kFixed, kShuffled };

// The first rounds warm up, in order: a trainer has two buffers to fill. Then
// shuffled in another order each.
void measure(std::vector<Row>& rows, int rounds, Order kind) {
  constexpr int kWarmUp = 3;
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(std::random_device{}());
  for (int round = -kWarmUp; round < rounds; ++round) {
    bool shuffled = round >= 0 && kind == Order::kShuffled;
    if (shuffled) std::shuffle(order.begin(), order.end(), random);
    for (std::size_t i : order) {
      Row& row = rows[i];
      row.prepare();
      double seconds = timed(row.run);
      if (round >= 0) row.seconds.push_back(seconds);
    }
  }
}

class Benchmark {
 public:
  Benchmark(int64_t floats, fs::path folder)
      : folder_(std::move(folder)), state_(make_state(floats)) {
    bytes_ = static_cast<std::size_t>(floats) * sizeof(float);
    kept_ = state_.clone();
    plain_ = at::rand({floats});
    params_.workspace = (folder_ / "runs").string();
    params_.log_console = false;
    params_.checkpoint_keep = 1;
    trainer_ = std::make_unique<SavingTrainer>(params_, floats);
    trainer_->setup();
  }

  void run(int rounds);
  void print();

 private:
  double ratio(const Row& row) const;
  void plain_write();
  void read_into_kept();
  State read_into_new();
  void copy_into_kept();

  fs::path folder_;
  std::size_t bytes_;
  State state_, kept_;
  at::Tensor plain_;  // as many bytes in one piece
  thexp::TrainerParams params_;
  std::unique_ptr<SavingTrainer> trainer_;
  std::vector<Row> rows_;
};

// As durable as save_pt: a new file, synced, then renamed over the old one.
void Benchmark::plain_write() {
  {
    File file(folder_ / "plain.tmp", O_WRONLY | O_CREAT | O_TRUNC);
    file.write(static_cast<const char*>(plain_.data_ptr()), bytes_);
    file.sync();
  }
  fs::rename(folder_ / "plain.tmp", folder_ / "plain");
  File(folder_, O_RDONLY | O_DIRECTORY).sync();
}

void Benchmark::read_into_kept() {
  File(folder_ / "plain", O_RDONLY)
      .read(static_cast<char*>(plain_.data_ptr()), bytes_);
}

// As a loader must: each tensor in memory of its own.
State Benchmark::read_into_new() {
  File file(folder_ / "plain", O_RDONLY);
  State state;
  for (int i = 0; i < kTensors; ++i) {
    at::Tensor piece =
        at::empty({static_cast<int64_t>(bytes_ / kTensors)}, at::kByte);
    file.read(static_cast<char*>(piece.data_ptr()), piece.nbytes());
    state["layer" + std::to_string(i)] = piece;
  }
  return state;
}

void Benchmark::copy_into_kept() {
  for (std::size_t i = 0; i < state_.size(); ++i) {
    kept_.as_dict()[i].second.as_tensor().copy_(
        state_.as_dict()[i].second.as_tensor());
  }
}

void Benchmark::run(int rounds) {
  State loaded;
  auto settled = [this](const char* file) {
    return [path = folder_ / file] { settle(path); };
  };
  auto forget = [&] {
    loaded = State();
    touch_free_memory(2 * bytes_);
  };
  const fs::path pt = folder_ / "a.pt", safetensors = folder_ / "a.safetensors";
  rows_ = {
      {"write + fsync", "", [&] { plain_write(); }, settled("plain")},
      {"save_pt", "write + fsync", [&] { thexp::save_pt(pt, state_); },
       settled("a.pt")},
      {"save_safetensors", "write + fsync",
       [&] { thexp::save_safetensors(safetensors, state_); },
       settled("a.safetensors")},
      {"read into kept memory", "", [&] { read_into_kept(); }},
      {"read into new memory", "", [&] { loaded = read_into_new(); }, forget},
      {"load_pt", "read into new memory", [&] { loaded = thexp::load_pt(pt); },
       forget},
      {"load_safetensors", "read into new memory",
       [&] { loaded = thexp::load_safetensors(safetensors); }, forget},
      {"clone anew", "", [&] { loaded = state_.clone(); }, forget},
  };
  measure(rows_, rounds, Order::kShuffled);
  forget();

  std::vector<Row> copies = {
      {"copy into kept buffers", "", [&] { copy_into_kept(); }},
      {"Trainer::save_checkpoint", "copy into kept buffers",
       [&] { trainer_->save_checkpoint(); },
       [&] { trainer_->flush_checkpoints(); }},
  };
  measure(copies, rounds, Order::kFixed);
  trainer_->flush_checkpoints();
  rows_.insert(rows_.end(), copies.begin(), copies.end());
}

// Of the times in one round.
double Benchmark::ratio(const Row& row) const {
  for (const Row& base : rows_) {
    if (base.name != row.base) continue;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < row.seconds.size(); ++i) {
      ratios.push_back(row.seconds[i] / base.seconds[i]);
    }
    return median(std::move(ratios));
  }
  return 1;
}

void Benchmark::print() {
  std::printf("%.0f MB in %d tensors\n", static_cast<double>(bytes_) / 1e6,
              kTensors);
  for (const Row& row : rows_) {
    double seconds = median(row.seconds);
    std::printf("%-26s %8.1f ms  %6.2f GB/s  %5.2f x\n", row.name.c_str(),
                seconds * 1e3, static_cast<double>(bytes_) / seconds / 1e9,
                ratio(row));
  }
}

}  // namespace

int main(int argc, char** argv) {
#ifdef __GLIBC__
  // Else it may hand out again what the row before gave back.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  int64_t millions = argc > 1 ? std::atoll(argv[1]) : 100;
  int rounds = argc > 2 ? std::atoi(argv[2]) : 15;
  fs::path folder = fs::path(argc > 3 ? argv[3] : ".") / "checkpoint_benchmark";
  if (millions < 1 || rounds < 1) {
    std::fprintf(stderr, "usage: %s [millions] [rounds] [folder]\n", argv[0]);
    return 2;
  }
  fs::create_directories(folder);
  Benchmark benchmark(millions * 1'000'000, folder);
  benchmark.run(rounds);
  benchmark.print();
  fs::remove_all(folder);
  return 0;
}
