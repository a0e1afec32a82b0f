// Batches on their way to a device.
#include <ATen/ATen.h>

#include "check.h"
#include "thexp/data/loader.h"

namespace cuda_check {
namespace {

constexpr int64_t kExamples = 4096;

// Rows that say which they are, large enough that a copy takes its time.
std::shared_ptr<thexp::TensorDataset> numbered() {
  at::Tensor numbers = at::arange(kExamples, at::kFloat);
  return thexp::tensor_dataset({numbers.unsqueeze(1).repeat({1, 512}),
                                at::arange(kExamples, at::kLong)});
}

// While the device is busy, host memory that is used again too early shows up
// in batches that came before.
void under_load(at::Device device, int64_t workers) {
  thexp::DataLoader loader(numbered(), thexp::LoaderOptions()
                                           .batch_size(64)
                                           .shuffle(true)
                                           .workers(workers)
                                           .pin_memory(!device.is_cpu()));
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<thexp::Batch> kept;
    for (const thexp::Batch& batch : loader.epoch(epoch)) {
      require(batch[0].is_pinned() == device.is_cuda(), "it is not pinned");
      load_device(device);
      kept.push_back(batch.to(device, /*non_blocking=*/true));
    }
    for (const thexp::Batch& batch : kept) {
      auto [rows, labels] = batch.as<2>();
      at::Tensor wanted = labels.to(at::kFloat).unsqueeze(1).expand_as(rows);
      require_equal(rows, wanted, "a batch");
    }
  }
}

void plain(at::Device device) { under_load(device, 0); }
void with_workers(at::Device device) { under_load(device, 4); }

void odd_tensors(at::Device device) {
  auto odd = [](thexp::Batch batch, const thexp::BatchContext&) {
    at::Tensor rows = batch[0];
    return thexp::Batch(
        {rows, at::Tensor(), rows.to_sparse(), at::zeros({0, 3}), rows.t()});
  };
  for (int64_t workers : {0, 2}) {
    thexp::DataLoader loader(numbered(), thexp::LoaderOptions()
                                             .batch_size(512)
                                             .workers(workers)
                                             .pin_memory(true)
                                             .transform(odd));
    for (const thexp::Batch& batch : loader.epoch(0)) {
      thexp::Batch moved = batch.to(device, /*non_blocking=*/true);
      require(!moved[1].defined(), "an undefined tensor became one");
      require_equal(moved[2].to_dense(), batch[0], "a sparse tensor");
      require_equal(moved[4], batch[0].t(), "a transposed tensor");
    }
  }
}

void data_on_the_device(at::Device device) {
  auto host = numbered();
  auto here = thexp::tensor_dataset(
      {host->tensors()[0].to(device), host->tensors()[1].to(device)});
  auto options = thexp::LoaderOptions().batch_size(100).shuffle(true);
  thexp::DataLoader a(host, options), b(here, options.workers(2));
  auto other = b.stream(1);
  thexp::Batch batch;
  for (const thexp::Batch& wanted : a.epoch(1)) {
    require(other->next(batch), "a batch is missing");
    require(batch[0].device() == device, "it is on another device");
    require_equal(batch[0], wanted[0], "a batch");
  }
}

}  // namespace

Group data_checks() {
  return {"data",
          {{"batches under load", plain},
           {"batches under load, with workers", with_workers},
           {"undefined, sparse, empty, transposed", odd_tensors},
           {"a dataset on the device", data_on_the_device}}};
}

}  // namespace cuda_check
