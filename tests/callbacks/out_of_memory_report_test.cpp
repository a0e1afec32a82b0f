#include "thexp/callbacks/out_of_memory_report.h"

#include <new>

#include "callbacks_support.h"
#include "catch.h"

namespace {

using thexp_test::log_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// The log after a training whose second step throws.
template <typename Error>
std::string log_after(const std::function<void()>& fail) {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<thexp::OutOfMemoryReport>();
  trainer.on_models = [](ToyTrainer& toy) {
    for (auto& group : toy.optim->param_groups()) {
      static_cast<torch::optim::SGDOptions&>(group.options()).momentum(0.9);
    }
  };
  trainer.on_train_batch = [&](const thexp::Batch&) {
    if (trainer.progress().step == 1) fail();
  };
  CHECK_THROWS_AS(trainer.train(), Error);  // it goes on to the caller
  return log_of(trainer);
}

TEST_CASE("T20 OutOfMemoryReport says what memory holds") {
  std::string log = log_after<std::bad_alloc>([] { throw std::bad_alloc(); });
  // Two weights and a bias; as many gradients and momenta.
  CHECK_CONTAINS(log,
                 "ERROR | out of memory | parameters 12 B, gradients 12 B, "
                 "optimizers 12 B");
  CHECK_CONTAINS(log, "--accumulate");
}

TEST_CASE("T20 OutOfMemoryReport knows the error of LibTorch's allocator") {
  std::string log =
      log_after<c10::Error>([] { torch::empty({1'000'000'000'000'000}); });
  CHECK_CONTAINS(log, "ERROR | out of memory | parameters 12 B");
}

TEST_CASE("OutOfMemoryReport knows the errors of CUDA's libraries") {
  for (const char* text :
       {"CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"}) {
    std::string log = log_after<std::runtime_error>(
        [text] { throw std::runtime_error(text); });
    CHECK_CONTAINS(log, "ERROR | out of memory | parameters 12 B");
    CHECK_CONTAINS(log, "LibTorch's cache");
  }
}

TEST_CASE("OutOfMemoryReport tells page-locked memory from the GPU's") {
  std::string driver = log_after<std::runtime_error>(
      [] { throw std::runtime_error("CUDA error: out of memory"); });
  CHECK_CONTAINS(driver, "page-locked memory of the computer");
  CHECK_CONTAINS(driver, "pin_memory(false)");
  std::string allocator = log_after<std::runtime_error>([] {
    throw std::runtime_error("CUDA out of memory. Tried to allocate 2.00 GiB");
  });
  CHECK_FALSE(thexp_test::contains(allocator, "page-locked"));
}

TEST_CASE("OutOfMemoryReport is silent about other errors") {
  std::string log =
      log_after<std::runtime_error>([] { throw std::runtime_error("boom"); });
  CHECK_FALSE(thexp_test::contains(log, "out of memory"));
}

}  // namespace
