#include "thexp/trainer/grad_scaler.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <torch/optim/optimizer.h>

#include <cmath>
#include <map>
#include <vector>

#include "thexp/base/error.h"
#include "thexp/optim/optimizer.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

void require(bool right, const char* name, double value, const char* rule) {
  if (right) return;
  throw UsageError(
      fmt::format("GradScaler: {} is {}, it must be {}", name, value, rule));
}

using Group = std::pair<c10::Device, at::ScalarType>;

bool before(const Group& a, const Group& b) {
  auto key = [](const Group& group) {
    return std::make_tuple(group.first.type(), group.first.index(),
                           group.second);
  };
  return key(a) < key(b);
}

// The gradients by device and type, as the kernels want them.
std::map<Group, std::vector<at::Tensor>, decltype(&before)> gradients_of(
    const torch::optim::Optimizer& optimizer) {
  std::map<Group, std::vector<at::Tensor>, decltype(&before)> groups(before);
  for (const auto& group : optimizer.param_groups()) {
    for (const at::Tensor& parameter : group.params()) {
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      if (gradient.scalar_type() == at::kHalf) {
        throw UsageError(
            "GradScaler: a gradient is float16, which is too narrow to be "
            "divided in; keep the parameters in float32 and compute the loss "
            "under autocast");
      }
      groups[{gradient.device(), gradient.scalar_type()}].push_back(gradient);
    }
  }
  return groups;
}

// LibTorch has these two kernels for CUDA alone (on the CPU since 2.3).
void unscale_on_cpu(std::vector<at::Tensor>& gradients,
                    at::Tensor& found_inf,
                    const at::Tensor& inverse) {
  for (at::Tensor& gradient : gradients) {
    if (!at::isfinite(gradient).all().item<bool>()) found_inf.fill_(1);
    gradient.mul_(inverse);
  }
}

// Products in double, then rounded: as LibTorch's kernel.
void update_on_cpu(at::Tensor& scale,
                   at::Tensor& tracker,
                   bool found_inf,
                   const GradScalerOptions& options) {
  double now = scale.item<float>();
  if (found_inf) {
    scale.fill_(static_cast<float>(now * options.backoff_factor()));
    tracker.zero_();
    return;
  }
  std::int64_t in_a_row = tracker.item<int>() + 1;
  if (in_a_row == options.growth_interval()) {
    auto grown = static_cast<float>(now * options.growth_factor());
    if (std::isfinite(grown)) scale.fill_(grown);
    in_a_row = 0;
  }
  tracker.fill_(in_a_row);
}

}  // namespace

GradScaler::GradScaler(GradScalerOptions options)
    : options_(std::move(options)), first_scale_(options_.init_scale()) {
  require(options_.init_scale() > 0, "init_scale", options_.init_scale(),
          "above 0");
  require(options_.growth_factor() > 1, "growth_factor",
          options_.growth_factor(), "above 1");
  require(options_.backoff_factor() > 0 && options_.backoff_factor() < 1,
          "backoff_factor", options_.backoff_factor(), "between 0 and 1");
  require(options_.growth_interval() >= 1, "growth_interval",
          static_cast<double>(options_.growth_interval()), "at least 1");
}

void GradScaler::make_tensors(at::Device device) {
  scale_ =
      at::full({}, first_scale_, at::TensorOptions(at::kFloat).device(device));
  growth_tracker_ =
      at::full({}, first_tracker_, at::TensorOptions(at::kInt).device(device));
}

at::Tensor GradScaler::scale(const at::Tensor& loss) {
  if (!enabled()) return loss;
  if (!scale_.defined()) make_tensors(loss.device());
  return loss.mul(scale_.to(loss.device(), /*non_blocking=*/true));
}

// Divides, and returns 1 where a gradient is not finite.
at::Tensor GradScaler::unscale(const torch::optim::Optimizer& optimizer) const {
  if (!scale_.defined()) {
    throw UsageError(
        "GradScaler: gradients are to be unscaled, but no loss was scaled; "
        "call scale(loss).backward() in place of loss.backward()");
  }
  at::NoGradGuard no_grad;
  at::Tensor inverse = scale_.to(at::kDouble).reciprocal().to(at::kFloat);
  at::Tensor found = at::zeros({}, scale_.options());
  for (auto& [group, gradients] : gradients_of(optimizer)) {
    at::Tensor here = at::zeros({}, scale_.options().device(group.first));
    at::Tensor by = inverse.to(group.first, /*non_blocking=*/true);
    if (group.first.is_cpu()) {
      unscale_on_cpu(gradients, here, by);
    } else {
      at::_amp_foreach_non_finite_check_and_unscale_(gradients, here, by);
    }
    found.add_(here.to(found.device(), /*non_blocking=*/true));
  }
  return found;
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
  seen_[&optimizer] = {unscale(optimizer), false};
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
  at::NoGradGuard no_grad;
  at::Tensor found = at::zeros({}, scale_.options());
  for (const auto& entry : seen_) found.add_(entry.second.found_inf);
  seen_.clear();
  set_next_scale(found);
}

void GradScaler::set_next_scale(const at::Tensor& found_inf) {
  if (scale_.is_cpu()) {
    update_on_cpu(scale_, growth_tracker_, found_inf.item<float>() != 0,
                  options_);
  } else {
    at::_amp_update_scale_(scale_, growth_tracker_, found_inf,
                           options_.growth_factor(), options_.backoff_factor(),
                           options_.growth_interval());
  }
}

double GradScaler::get_scale() const {
  if (!enabled()) return 1;
  return scale_.defined() ? scale_.item<float>() : first_scale_;
}

void GradScaler::on_train_begin(Trainer& trainer) {
  in_trainer_ = true;
  if (!options_.optimizer().empty()) trainer.optimizer(options_.optimizer());
}

// The window's gradients are complete: they are unscaled once, here.
bool GradScaler::on_update_begin(Trainer&, OptimizerSlot& slot) {
  if (!enabled() || !scales(slot)) return true;
  at::Tensor found = unscale(slot.optimizer());
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
  at::Tensor before = scale_.clone();
  update();
  at::Tensor ratio = scale_.div(before);
  for (const auto& slot : trainer.optimizers()) {
    if (scales(*slot)) slot->rescale_window(ratio);
  }
}

bool GradScaler::scales(const OptimizerSlot& slot) const {
  return options_.optimizer().empty() || options_.optimizer() == slot.name();
}

State GradScaler::state() const {
  if (!enabled()) return State::Dict{};
  std::int64_t tracker =
      scale_.defined() ? growth_tracker_.item<int>() : first_tracker_;
  return State::Dict{{"scale", get_scale()},
                     {"growth_factor", options_.growth_factor()},
                     {"backoff_factor", options_.backoff_factor()},
                     {"growth_interval", options_.growth_interval()},
                     {"_growth_tracker", tracker}};
}

void GradScaler::load_state(const State& state) {
  bool saved_enabled = state.is_dict() && state.size() > 0;
  if (saved_enabled != enabled()) {
    throw FormatError(
        fmt::format("GradScaler: the saved one was {}enabled, this one is{}",
                    saved_enabled ? "" : "not ", enabled() ? "" : " not"));
  }
  if (!enabled()) return;
  GradScalerOptions loaded = options_;
  loaded.growth_factor(state.at("growth_factor").as_real())
      .backoff_factor(state.at("backoff_factor").as_real())
      .growth_interval(state.at("growth_interval").as_integer());
  double scale = state.at("scale").as_real();
  std::int64_t tracker = state.at("_growth_tracker").as_integer();
  options_ = loaded;
  first_scale_ = scale;
  first_tracker_ = tracker;
  if (scale_.defined()) make_tensors(scale_.device());
  seen_.clear();
}

}  // namespace thexp
