#include "probe.h"

#include <signal.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "records.h"
#include "thexp/base/text.h"
#include "thexp/optim/gradients.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

using Gradient = DrillProbe::Gradient;

std::chrono::steady_clock::time_point in_seconds(double seconds) {
  using std::chrono::duration;
  using std::chrono::steady_clock;
  return steady_clock::now() +
         std::chrono::duration_cast<steady_clock::duration>(
             duration<double>(seconds));
}

Gradient kind_of(const at::Tensor& gradient) {
  if (!gradient.defined()) return Gradient::kNone;
  bool zero = stored_elements(gradient).eq(0).all().item().toBool();
  return zero ? Gradient::kZero : Gradient::kThere;
}

Metrics numbers_of(const Meter& meter) {
  AvgMeter one;
  one.update(meter);
  Metrics numbers;
  for (const auto& [name, value] : one.values()) {
    numbers.emplace_back(name, format_real(value));
  }
  return numbers;
}

}  // namespace

DrillProbe::DrillProbe(const DrillSession& session)
    : session_(session), deadline_(in_seconds(session.seconds)) {}

void DrillProbe::on_batch_begin(Trainer&, const Batch& batch) {
  batch_ = batch_fingerprint(batch);
}

void DrillProbe::on_batch_end(Trainer& trainer,
                              const Batch&,
                              const Meter& meter) {
  // An update without a slot calls no hook: its gradients are still there.
  for (const auto& [name, model] : trainer.named_models()) {
    note_gradients(model->parameters());
  }
  TraceStep step;
  step.step = trainer.progress().step;
  step.epoch = trainer.progress().epoch;
  step.batch = batch_;
  step.metrics = numbers_of(meter);
  append_trace(session_.trace_file(), step);
  trace_.push_back(std::move(step));
  if (enough && enough()) trainer.stop_train("enough was seen");
  stop_when_late(trainer);
  die_when_due(trainer);
}

bool DrillProbe::on_update_begin(Trainer&, OptimizerSlot& slot) {
  std::vector<at::Tensor> parameters = slot.parameters();
  note_gradients(parameters);
  if (poison_gradients && poison_gradients()) {
    for (at::Tensor& parameter : parameters) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      stored_elements(gradient).fill_(std::numeric_limits<double>::quiet_NaN());
    }
  }
  return true;
}

DrillProbe::Gradient DrillProbe::gradient_of(
    const at::Tensor& parameter) const {
  auto found = gradients_.find(parameter.unsafeGetTensorImpl());
  return found == gradients_.end() ? Gradient::kNone : found->second;
}

void DrillProbe::note_gradients(const std::vector<at::Tensor>& parameters) {
  if (session_.kind != SessionKind::kInspect) return;
  for (const at::Tensor& parameter : parameters) {
    Gradient& best = gradients_[parameter.unsafeGetTensorImpl()];
    if (best == Gradient::kThere) continue;
    best = std::max(best, kind_of(parameter.grad()));
  }
}

void DrillProbe::stop_when_late(Trainer& trainer) {
  if (std::chrono::steady_clock::now() < deadline_) return;
  out_of_time_ = true;
  trainer.stop_train("the drill's time is over");
}

// The checkpoints before this moment are on the disk: the drill is about what
// is in them.
void DrillProbe::die_when_due(Trainer& trainer) {
  if (trainer.progress().step != session_.kill_after) return;
  trainer.flush_checkpoints();
  if (session_.own_process) raise(SIGKILL);
  throw Abandoned{};
}

}  // namespace thexp::detail
