// A project that took thexp in with add_subdirectory.
#include <cstdio>

#include "thexp/params/params.h"
#ifdef WITH_TORCH
#include <ATen/ops/full.h>

#include "thexp/meters/avg_meter.h"
#endif

int main() {
  thexp::Params params;
  params.add("epoch", 3, "epochs to train");
  params.load_yaml_text("epoch: 5");
  bool right = params["epoch"] == thexp::Value(5);
#ifdef WITH_TORCH
  thexp::Meter meter;
  meter["loss"] = at::full({}, 0.5);
  thexp::AvgMeter average;
  average.update(meter);
  right = right && average.average("loss") == 0.5;
#endif
  if (!right) std::fputs("the values are not those that were set\n", stderr);
  return right ? 0 : 1;
}
