// What --determinism, --threads and --device set in LibTorch.
#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <cstdlib>

#include "catch.h"
#include "hardware.h"
#include "thexp/data/loader.h"
#include "toy_trainer.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// LibTorch as it was, for the tests after this one.
class Restored {
 public:
  ~Restored() {
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setDeterministicCuDNN(false);
    at::globalContext().setDeterministicAlgorithms(false, false);
    at::set_num_threads(threads_);
  }

 private:
  int threads_ = at::get_num_threads();
};

// benchmark, deterministic cuDNN, deterministic algorithms
std::vector<bool> flags_of(const std::string& mode) {
  TempDir dir;
  ToyParams params(dir);
  if (!mode.empty()) params.determinism = mode;
  ToyTrainer trainer(params);
  trainer.setup();
  const at::Context& context = at::globalContext();
  CHECK_FALSE(context.deterministicAlgorithmsWarnOnly());
  return {context.benchmarkCuDNN(), context.deterministicCuDNN(),
          context.deterministicAlgorithms()};
}

TEST_CASE("G11 determinism selects LibTorch's kernels") {
  Restored after;
  using Flags = std::vector<bool>;
  CHECK((flags_of("benchmark") == Flags{true, false, false}));
  CHECK((flags_of("strict") == Flags{false, true, true}));
  CHECK((flags_of("normal") == Flags{false, false, false}));
  CHECK((flags_of("strict") == Flags{false, true, true}));
  CHECK((flags_of("") == Flags{false, false, false}));  // the default
}

// What LibTorch finds in the environment at the first matrix product on a GPU.
std::string cublas_after(const std::string& mode) {
  TempDir dir;
  ToyParams params(dir);
  params.determinism = mode;
  ToyTrainer trainer(params);
  trainer.setup();
  const char* value = std::getenv("CUBLAS_WORKSPACE_CONFIG");
  return value == nullptr ? "absent" : value;
}

TEST_CASE("a strict training may come after another one on a GPU") {
  Restored after;
  ::unsetenv("CUBLAS_WORKSPACE_CONFIG");
  CHECK(cublas_after("normal") == ":4096:8");
  CHECK(cublas_after("strict") == ":4096:8");
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8", 1);
  CHECK(cublas_after("strict") == ":16:8");  // the user's
  ::unsetenv("CUBLAS_WORKSPACE_CONFIG");
}

TEST_CASE("batches are pinned where the device is a GPU, or as it was asked") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  auto pins = [&](thexp::Phase phase) {
    auto& loader = dynamic_cast<thexp::DataLoader&>(trainer.loader(phase));
    return loader.options().pin_memory();
  };
  trainer.on_models = [](ToyTrainer& toy) {
    toy.add_loader(thexp::Phase::kTest, ToyTrainer::data(),
                   thexp::LoaderOptions().pin_memory(true));
  };
  trainer.setup();
  CHECK(pins(thexp::Phase::kTrain) == trainer.device().is_cuda());
  CHECK(pins(thexp::Phase::kTest) == true);
  CHECK_FALSE(thexp::LoaderOptions().pin_memory().value_or(false));
}

TEST_CASE("a GPU that is not there has no name") {
  CHECK(thexp::hardware_of(at::Device(at::kCUDA, 127)).empty());
  CHECK(thexp::hardware_of(at::kMeta).empty());
}

// LibTorch had two threads before.
int threads_with(int64_t wanted) {
  TempDir dir;
  ToyParams params(dir);
  params.threads = wanted;
  at::set_num_threads(2);
  ToyTrainer trainer(params);
  trainer.setup();
  return at::get_num_threads();
}

TEST_CASE("threads sets LibTorch's, and 0 leaves them alone") {
  Restored after;
  CHECK(threads_with(1) == 1);
  CHECK(threads_with(3) == 3);
  CHECK(threads_with(0) == 2);
}

// The environment's WORLD_SIZE, as it was afterwards: absent.
struct WorldSize {
  explicit WorldSize(const char* value) { ::setenv("WORLD_SIZE", value, 1); }
  ~WorldSize() { ::unsetenv("WORLD_SIZE"); }
};

TEST_CASE("a resume on another world size is refused") {
  TempDir dir;
  ToyParams params(dir), again(dir);
  ToyTrainer trainer(params);
  thexp::State state = trainer.state().clone();
  WorldSize two("2");
  ToyTrainer other(again);
  CHECK_CONTAINS(thexp_test::message_of<thexp::UsageError>(
                     [&] { other.load_state(state); }),
                 "world_size: 1 -> 2");
}

TEST_CASE("a WORLD_SIZE that is not a number is refused") {
  TempDir dir;
  for (const char* value : {"", "two", "0", "-1", "2x"}) {
    WorldSize wrong(value);
    ToyParams params(dir);
    ToyTrainer trainer(params);
    CHECK_CONTAINS(
        thexp_test::message_of<thexp::UsageError>([&] { trainer.setup(); }),
        "WORLD_SIZE is '" + std::string(value) + "'");
  }
}

}  // namespace
