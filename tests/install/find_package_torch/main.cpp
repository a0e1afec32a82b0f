// An installed thexp with LibTorch: an average over batches of uneven sizes.
#include <ATen/ops/arange.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "thexp/data/dataset.h"
#include "thexp/data/loader.h"
#include "thexp/meters/avg_meter.h"

int main() {
  auto numbers = thexp::tensor_dataset({at::arange(10, at::kFloat)});
  thexp::DataLoader loader(numbers,
                           thexp::LoaderOptions().batch_size(4).shuffle(true));

  thexp::AvgMeter average;
  for (const thexp::Batch& batch : loader.epoch(0)) {
    thexp::Meter meter;
    meter["x"] = batch[0].mean();
    average.update(meter, batch.size());
  }

  if (average.count() == 3 && average.average("x") == 4.5) return 0;
  std::fprintf(stderr, "3 batches should average 4.5, not %lld and %g\n",
               static_cast<long long>(average.count()), average.average("x"));
  return 1;
}
