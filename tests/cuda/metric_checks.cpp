// Metrics where the tensors are, against those on the host.
#include <ATen/ATen.h>

#include <functional>

#include "check.h"
#include "thexp/meters/accuracy.h"
#include "thexp/meters/auc.h"
#include "thexp/meters/avg_meter.h"
#include "thexp/meters/bleu.h"
#include "thexp/meters/confusion_matrix.h"
#include "thexp/meters/perplexity.h"
#include "thexp/meters/precision_recall.h"
#include "thexp/meters/r2.h"
#include "thexp/meters/regression.h"

namespace cuda_check {
namespace {

struct Predicted {
  explicit Predicted(int64_t rows)
      : logits(at::randn({rows, 7})),
        labels(at::randint(7, {rows}, at::kLong)) {}
  at::Tensor logits, labels;
};

constexpr int64_t kRows[] = {1, 33, 1000, 4096};

template <typename Metric>
void follows_host(at::Device device, Metric here, Metric host) {
  for (int64_t rows : kRows) {
    Predicted batch(rows);
    host.update(batch.logits, batch.labels);
    here.update(batch.logits.to(device), batch.labels.to(device));
  }
  require_close(here.value(), host.value(), 1e-6, here.name());
}

void accuracy_of_batches(at::Device device) {
  for (int64_t k : {1, 3, 7}) {
    for (int64_t rows : kRows) {
      Predicted batch(rows);
      batch.logits[0].fill_(0.5);  // a tie
      batch.logits[rows / 2][3] = NAN;
      at::Tensor found =
          thexp::accuracy(batch.logits.to(device), batch.labels.to(device), k);
      require(found.device() == device, "the result is on another device");
      require_close(
          found.item<double>(),
          thexp::accuracy(batch.logits, batch.labels, k).item<double>(), 1e-6,
          "accuracy, k = " + std::to_string(k));
    }
  }
}

void accuracies(at::Device device) {
  follows_host(device, thexp::Accuracy(), thexp::Accuracy());
  follows_host(device, thexp::Accuracy(3), thexp::Accuracy(3));
}

void perplexity(at::Device device) {
  follows_host(device, thexp::Perplexity(), thexp::Perplexity());
}

void confusion(at::Device device) {
  thexp::ConfusionMatrix here(7), host(7);
  for (int64_t rows : kRows) {
    Predicted batch(rows);
    host.update(batch.logits, batch.labels);
    here.update(batch.logits.to(device), batch.labels.to(device));
  }
  require(here.counts() == host.counts(), "the counts differ");
  require_close(here.macro().f1, host.macro().f1, 1e-12, "macro f1");
}

void regression(at::Device device) {
  thexp::MeanSquaredError here, host;
  thexp::MeanAbsoluteError here_abs, host_abs;
  for (int64_t rows : kRows) {
    at::Tensor a = at::randn({rows, 3}), b = at::randn({rows, 3});
    host.update(a, b);
    here.update(a.to(device), b.to(device));
    host_abs.update(a, b);
    here_abs.update(a.to(device), b.to(device));
  }
  require_close(here.value(), host.value(), 1e-6, "mse");
  require_close(here_abs.value(), host_abs.value(), 1e-6, "mae");
}

// A metric that is resumed after each batch against one on the host.
template <typename Metric>
void resumes_as_host(at::Device device,
                     Metric here,
                     Metric host,
                     const std::function<at::Tensor(int64_t)>& predictions,
                     const std::function<at::Tensor(int64_t)>& targets) {
  Metric resumed = here;
  for (int64_t rows : kRows) {
    at::Tensor a = predictions(rows), b = targets(rows);
    host.update(a, b);
    here.update(a.to(device), b.to(device));
    resumed.update(a.to(device), b.to(device));
    thexp::Value state = resumed.state();
    resumed.reset();
    resumed.load_state(state);
  }
  require_close(here.value(), host.value(), 1e-12, here.name());
  require(resumed.value() == here.value(),
          here.name() + " differs when it is resumed");
}

at::Tensor noise(int64_t rows) { return at::randn({rows, 3}); }

at::Tensor tokens(int64_t rows) { return at::randint(4, {rows, 9}, at::kLong); }

void whole_sets(at::Device device) {
  auto scores = [](int64_t rows) { return at::randn({rows, 1}).round(); };
  auto labels = [](int64_t rows) { return at::randint(2, {rows}, at::kLong); };
  auto logits = [](int64_t rows) { return at::randn({rows, 2}); };
  using thexp::F1, thexp::R2, thexp::Auc, thexp::Bleu;
  F1 f1(2, thexp::Average::kWeighted);
  Bleu bleu(thexp::BleuOptions().padding(0));
  resumes_as_host(device, f1, f1, logits, labels);
  resumes_as_host(device, Auc(), Auc(), scores, labels);
  resumes_as_host(device, R2(), R2(), noise, noise);
  resumes_as_host(device, bleu, bleu, tokens, tokens);
}

// The meter changes nothing of the tensor that it was given, and the tensor
// may be changed afterwards.
void averages(at::Device device) {
  thexp::AvgMeter meter;
  at::Tensor loss = at::zeros({}, device);
  double sum = 0;
  for (int i = 0; i < 100; ++i) {
    loss.fill_(i);
    thexp::Meter batch;
    batch["loss"] = loss;
    batch["bf16"] = loss.to(at::kBFloat16);
    meter.update(batch, i % 7 + 1);
    sum += i * (i % 7 + 1);
  }
  double weight = meter.weight("loss");
  require_close(meter.average("loss"), sum / weight, 1e-12, "the mean");
  require_close(meter.average("bf16"), sum / weight, 1e-12, "the mean of bf16");
  thexp::AvgMeter again;
  again.load_state(meter.state());
  require(again.average("loss") == meter.average("loss"),
          "the state has another mean");
}

}  // namespace

Group metric_checks() {
  return {"metrics",
          {{"accuracy of a batch, with ties and NaN", accuracy_of_batches},
           {"Accuracy", accuracies},
           {"Perplexity", perplexity},
           {"ConfusionMatrix", confusion},
           {"regression", regression},
           {"F1, AUC, R² and BLEU", whole_sets},
           {"AvgMeter", averages}}};
}

}  // namespace cuda_check
