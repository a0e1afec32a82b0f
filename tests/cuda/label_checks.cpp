// Labels that are out of range: an error, and the device goes on. (An index
// that a kernel asserts on ends all work of the process on a GPU.)
#include <ATen/ATen.h>

#include <cmath>
#include <functional>

#include "check.h"
#include "thexp/base/error.h"
#include "thexp/meters/accuracy.h"
#include "thexp/meters/confusion_matrix.h"
#include "thexp/meters/perplexity.h"

namespace cuda_check {
namespace {

at::Tensor labels(int64_t bad, at::Device device) {
  at::Tensor labels = at::zeros({8}, at::kLong);
  labels[5] = bad;
  return labels.to(device);
}

const int64_t kBad[] = {4, 99, -1};

// On a device it may come as late as when somebody reads.
void confusion(at::Device device) {
  for (int64_t bad : kBad) {
    message_of<thexp::UsageError>([&] {
      thexp::ConfusionMatrix matrix(4);
      matrix.update(at::rand({8, 4}, device), labels(bad, device));
      matrix.value();
    });
    require_alive(device);
  }
}

void confusion_of_predictions(at::Device device) {
  for (int64_t bad : kBad) {
    message_of<thexp::UsageError>([&] {
      thexp::ConfusionMatrix matrix(4);
      matrix.update(labels(bad, device), labels(0, device));
      matrix.value();
    });
    require_alive(device);
  }
}

// Refused, or NaN where the device is not asked.
void require_refused(const std::function<double()>& value) {
  double read = 0;
  try {
    read = value();
  } catch (const std::exception&) {
    return;
  }
  require(std::isnan(read), "it passed silently");
}

void accuracy(at::Device device) {
  for (int64_t k : {1, 3}) {
    for (int64_t bad : kBad) {
      require_refused([&] {
        return thexp::accuracy(at::rand({8, 4}, device), labels(bad, device), k)
            .item<double>();
      });
      require_alive(device);
    }
  }
}

void perplexity(at::Device device) {
  for (int64_t bad : kBad) {
    require_refused([&] {
      thexp::Perplexity metric;
      metric.update(at::rand({8, 4}, device), labels(bad, device));
      return metric.value();
    });
    require_alive(device);
  }
}

}  // namespace

Group label_checks() {
  return {"labels",
          {{"accuracy refuses labels out of range", accuracy},
           {"ConfusionMatrix refuses labels out of range", confusion},
           {"and predictions", confusion_of_predictions},
           {"Perplexity refuses targets out of range", perplexity}}};
}

}  // namespace cuda_check
