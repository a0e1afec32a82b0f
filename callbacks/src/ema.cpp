#include "thexp/callbacks/ema.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <unordered_set>

#include "thexp/base/error.h"
#include "thexp/framework/trainer.h"

namespace thexp {
namespace {

// The live tensors that are averaged, always in the same order; one that
// several modules share counts once.
std::vector<at::Tensor> live_tensors(const Trainer& trainer) {
  std::vector<at::Tensor> tensors;
  std::unordered_set<const c10::TensorImpl*> seen;
  auto add = [&](const at::Tensor& tensor) {
    if (seen.insert(tensor.unsafeGetTensorImpl()).second) {
      tensors.push_back(tensor);
    }
  };
  for (const auto& [name, model] : trainer.named_models()) {
    for (const at::Tensor& parameter : model->parameters()) add(parameter);
    for (const at::Tensor& buffer : model->buffers()) add(buffer);
  }
  return tensors;
}

}  // namespace

Ema::Ema(EmaOptions options) : options_(options) {
  if (!(options_.decay() >= 0 && options_.decay() < 1)) {
    throw UsageError(
        fmt::format("Ema: decay {} is outside of [0, 1)", options_.decay()));
  }
  keep("averages", averages_);
  keep("updates", updates_);
}

void Ema::on_train_begin(Trainer& trainer) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> live = live_tensors(trainer);
  if (averages_.empty()) {
    for (const at::Tensor& tensor : live) {
      averages_.push_back(tensor.detach().clone());
    }
  }
  check_count(live.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    averages_[i] = averages_[i].to(live[i].device());
  }
}

void Ema::check_count(std::size_t live) const {
  if (averages_.size() == live) return;
  throw UsageError(
      fmt::format("Ema: there are {} averages, but the models have {} tensors",
                  averages_.size(), live));
}

void Ema::on_update_end(Trainer&, OptimizerSlot&) { stepped_ = true; }

double Ema::decay_now() const {
  if (!options_.warm_up()) return options_.decay();
  double n = static_cast<double>(updates_);
  return std::min(options_.decay(), (1 + n) / (10 + n));
}

// Whoever caught an evaluation's exception itself left the averages in place.
void Ema::on_batch_begin(Trainer& trainer, const Batch&) { restore(trainer); }

void Ema::on_batch_end(Trainer& trainer, const Batch&, const Meter&) {
  average(trainer);
}

// An epoch that is cut short updates once more, after its last batch.
void Ema::on_epoch_end(Trainer& trainer) { average(trainer); }

void Ema::average(Trainer& trainer) {
  if (!stepped_) return;
  stepped_ = false;
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> live = live_tensors(trainer);
  double weight = 1 - decay_now();
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (at::isIntegralType(live[i].scalar_type(), /*includeBool=*/true)) {
      averages_[i].copy_(live[i]);
    } else {
      averages_[i].lerp_(live[i], weight);
    }
  }
  ++updates_;
}

void Ema::swap(Trainer& trainer) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> live = live_tensors(trainer);
  check_count(live.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    at::Tensor kept = live[i].detach().clone();
    live[i].copy_(averages_[i]);
    averages_[i].copy_(kept);
  }
  swapped_ = !swapped_;
}

void Ema::restore(Trainer& trainer) {
  if (swapped_) swap(trainer);
}

void Ema::on_eval_begin(Trainer& trainer) {
  restore(trainer);
  // Outside of training there may be no averages yet.
  if (options_.use_in_eval() && !averages_.empty()) swap(trainer);
}

void Ema::on_eval_end(Trainer& trainer, const AvgMeter&) { restore(trainer); }

void Ema::on_test_begin(Trainer& trainer) { on_eval_begin(trainer); }

void Ema::on_test_end(Trainer& trainer, const AvgMeter& average) {
  on_eval_end(trainer, average);
}

// An evaluation that throws must not leave the averages in the models.
ExceptionAction Ema::on_exception(Trainer& trainer, const std::exception&) {
  restore(trainer);
  return ExceptionAction::kRethrow;
}

void Ema::copy_to_models(Trainer& trainer) {
  if (averages_.empty()) {
    throw UsageError("Ema: there are no averages before training begins");
  }
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> live = live_tensors(trainer);
  check_count(live.size());
  for (std::size_t i = 0; i < live.size(); ++i) live[i].copy_(averages_[i]);
}

}  // namespace thexp
