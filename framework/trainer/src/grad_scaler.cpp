#include "thexp/trainer/grad_scaler.h"

#include <fmt/format.h>

#include <vector>

#include "thexp/base/error.h"
#include "thexp/optim/optimizer.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

LossScale loss_scale_of(const GradScalerOptions& options) {
  return {options.init_scale(),
          {options.growth_factor(), options.backoff_factor(),
           options.growth_interval()}};
}

}  // namespace

GradScaler::GradScaler(GradScalerOptions options)
    : options_(std::move(options)), scale_(loss_scale_of(options_)) {}

at::Tensor GradScaler::scale(const at::Tensor& loss) {
  return enabled() ? scale_.multiply(loss) : loss;
}

void GradScaler::unscale_(torch::optim::Optimizer& optimizer) {
  if (!enabled()) return;
  if (dynamic_cast<detail::Managed*>(&optimizer) != nullptr) {
    throw UsageError(
        "GradScaler: a Trainer's gradients are unscaled by themselves, when "
        "they are complete; to clip them, add GradientClipping or override "
        "on_update_begin()");
  }
  bool done = seen_.find(&optimizer) != seen_.end();
  if (done) {
    throw UsageError(
        "GradScaler: unscale_() was called for this optimizer since the last "
        "update()");
  }
  seen_[&optimizer] = {scale_.unscale(optimizer), false};
}

bool GradScaler::step(torch::optim::Optimizer& optimizer) {
  bool managed = dynamic_cast<detail::Managed*>(&optimizer) != nullptr;
  if (managed && enabled() && !in_trainer_) {
    throw UsageError(
        "GradScaler: this optimizer belongs to a Trainer; add the scaler to it "
        "with add_callback<thexp::GradScaler>()");
  }
  if (managed || !enabled()) {
    optimizer.step();
    return true;
  }
  if (seen_.find(&optimizer) == seen_.end()) unscale_(optimizer);
  Seen& seen = seen_[&optimizer];
  if (seen.stepped) {
    throw UsageError(
        "GradScaler: step() was called for this optimizer since the last "
        "update()");
  }
  seen.stepped = true;
  bool finite = seen.found_inf.item<float>() == 0;
  if (finite) optimizer.step();
  return finite;
}

void GradScaler::update() {
  if (!enabled()) return;
  if (seen_.empty()) {
    if (in_trainer_) return;  // inside of an accumulation window
    throw UsageError("GradScaler: update() without a step() before it");
  }
  std::vector<at::Tensor> found;
  for (const auto& entry : seen_) found.push_back(entry.second.found_inf);
  seen_.clear();
  scale_.update(found);
}

double GradScaler::get_scale() const { return enabled() ? scale_.value() : 1; }

void GradScaler::on_train_begin(Trainer& trainer) {
  in_trainer_ = true;
  if (!options_.optimizer().empty()) trainer.optimizer(options_.optimizer());
}

// The window's gradients are complete: they are unscaled once, here.
bool GradScaler::on_update_begin(Trainer&, OptimizerSlot& slot) {
  if (!enabled() || !scales(slot)) return true;
  at::Tensor found = scale_.unscale(slot.optimizer());
  Seen& seen = seen_[&slot.optimizer()];
  seen.found_inf = seen.found_inf.defined() ? seen.found_inf.add(found) : found;
  return found.item<float>() == 0;
}

// What a batch left that broke counts neither here nor after a resume.
void GradScaler::on_batch_begin(Trainer&, const Batch&) { seen_.clear(); }

void GradScaler::on_batch_end(Trainer& trainer, const Batch&, const Meter&) {
  update_in(trainer);
}

// An epoch that is cut short updates once more, after its last batch.
void GradScaler::on_epoch_end(Trainer& trainer) { update_in(trainer); }

// The open windows of optimizers that step less often follow the new scale.
void GradScaler::update_in(Trainer& trainer) {
  if (!enabled() || seen_.empty()) return;
  at::Tensor before = scale_.tensor().clone();
  update();
  at::Tensor ratio = scale_.tensor().div(before);
  for (const auto& slot : trainer.optimizers()) {
    if (scales(*slot)) slot->rescale_window(ratio);
  }
}

bool GradScaler::scales(const OptimizerSlot& slot) const {
  return options_.optimizer().empty() || options_.optimizer() == slot.name();
}

State GradScaler::state() const {
  return enabled() ? scale_.state() : State(State::Dict{});
}

void GradScaler::load_state(const State& state) {
  bool saved_enabled = state.is_dict() && state.size() > 0;
  if (saved_enabled != enabled()) {
    throw FormatError(
        fmt::format("GradScaler: the saved one was {}enabled, this one is{}",
                    saved_enabled ? "" : "not ", enabled() ? "" : " not"));
  }
  if (!enabled()) return;
  scale_.load_state(state);
  seen_.clear();
}

}  // namespace thexp
