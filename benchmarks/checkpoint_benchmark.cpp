// A checkpoint of N million floats against what the machine can do with its
// bytes: written against write(2) and fsync, loaded against read(2), and the
// copy into kept buffers against one into new ones. Interleaved, medians.
//
//     checkpoint_benchmark [millions = 100] [rounds = 7] [folder = .]
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "thexp/state/pt.h"
#include "thexp/state/safetensors.h"

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

State make_state(std::int64_t floats) {
  State state;
  for (int i = 0; i < kTensors; ++i) {
    state["layer" + std::to_string(i)] = at::rand({floats / kTensors});
  }
  return state;
}

struct Row {
  const char* name;
  std::function<void()> run;
  const char* file = nullptr;  // that it makes anew
  std::vector<double> seconds = {};

  double median() {
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2];
  }
};

double timed(const std::function<void()>& action) {
  auto start = std::chrono::steady_clock::now();
  action();
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - start;
  return passed.count();
}

// Nobody pays for what the one before left to the disk.
void settle(const fs::path& file) {
  fs::remove(file);
  ::sync();
}

class Benchmark {
 public:
  Benchmark(std::int64_t floats, fs::path folder)
      : folder_(std::move(folder)), state_(make_state(floats)) {
    bytes_ = static_cast<std::size_t>(floats) * sizeof(float);
    kept_ = state_.clone();
    plain_ = at::rand({floats});
  }

  void run(int rounds);
  void print();

 private:
  void plain_write();
  void read_into_kept();
  State read_into_new();
  void copy_into_kept();

  fs::path folder_;
  std::size_t bytes_;
  State state_, kept_;
  at::Tensor plain_;  // as many bytes in one piece
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
        at::empty({static_cast<std::int64_t>(bytes_ / kTensors)}, at::kByte);
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
  rows_ = {
      {"write + fsync", [&] { plain_write(); }, "plain"},
      {"save_pt", [&] { thexp::save_pt(folder_ / "a.pt", state_); }, "a.pt"},
      {"save_safetensors",
       [&] { thexp::save_safetensors(folder_ / "a.safetensors", state_); },
       "a.safetensors"},
      {"read into kept memory", [&] { read_into_kept(); }},
      {"read into new memory", [&] { loaded = read_into_new(); }},
      {"load_pt", [&] { loaded = thexp::load_pt(folder_ / "a.pt"); }},
      {"load_safetensors",
       [&] { loaded = thexp::load_safetensors(folder_ / "a.safetensors"); }},
      {"clone anew", [&] { loaded = state_.clone(); }},
      {"copy into kept buffers", [&] { copy_into_kept(); }},
  };
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    for (Row& row : rows_) {
      loaded = State();
      if (row.file != nullptr) settle(folder_ / row.file);
      double seconds = timed(row.run);
      if (round >= 0) row.seconds.push_back(seconds);
    }
  }
}

void Benchmark::print() {
  std::printf("%.0f MB in %d tensors\n", static_cast<double>(bytes_) / 1e6,
              kTensors);
  double base = 0;
  for (Row& row : rows_) {
    std::string name = row.name;
    bool is_base = name == "write + fsync" || name == "read into new memory" ||
                   name == "clone anew";
    double seconds = row.median();
    if (is_base || name == "read into kept memory") base = seconds;
    std::printf("%-24s %8.1f ms  %6.2f GB/s  %5.2f x\n", row.name,
                seconds * 1e3, static_cast<double>(bytes_) / seconds / 1e9,
                seconds / base);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t millions = argc > 1 ? std::atoll(argv[1]) : 100;
  int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
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
