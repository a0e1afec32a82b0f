#include "thexp/callbacks/ema.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "thexp/base/error.h"
#include "thexp/state/module_state.h"
#include "thexp/state/tensor_lists.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

// Swaps the elements of a[i] and b[i]. Tensors of a model that share memory
// change together, so that of all of them a copy is taken before.
void swap_elements(const std::vector<at::Tensor>& a,
                   const std::vector<at::Tensor>& b) {
  std::map<const void*, std::vector<std::size_t>> by_memory;
  for (std::size_t i = 0; i < b.size(); ++i) {
    by_memory[b[i].storage().unsafeGetStorageImpl()].push_back(i);
  }
  for (const auto& entry : by_memory) {
    std::vector<at::Tensor> kept;
    for (std::size_t i : entry.second) kept.push_back(b[i].clone());
    for (std::size_t i : entry.second) b[i].copy_(a[i]);
    auto each = kept.begin();
    for (std::size_t i : entry.second) a[i].copy_(*each++);
  }
}

// Where `like` is, and expanded where it is.
at::Tensor laid_out_like(const at::Tensor& like, const at::Tensor& tensor) {
  return without_repeats(tensor.to(like.device()), like.strides())
      .expand(like.sizes());
}

}  // namespace

// Always in the same order; one that several modules share counts once.
std::vector<Ema::Live> Ema::live_tensors(const Trainer& trainer) {
  std::vector<Live> all;
  std::unordered_set<const c10::TensorImpl*> seen;
  auto add = [&](const at::Tensor& tensor, bool is_buffer) {
    if (seen.insert(tensor.unsafeGetTensorImpl()).second) {
      all.push_back({tensor, is_buffer});
    }
  };
  for (const auto& [name, model] : trainer.named_models()) {
    for (const at::Tensor& each : model->parameters()) add(each, false);
    for (const at::Tensor& each : model->buffers()) add(each, true);
  }
  return all;
}

Ema::Ema(EmaOptions options) : options_(options) {
  if (!(options_.decay() >= 0 && options_.decay() < 1)) {
    throw UsageError(
        fmt::format("Ema: decay {} is outside of [0, 1)", options_.decay()));
  }
  keep("averages", averages_);
  keep("updates", updates_);
  keep("stepped", stepped_);
}

void Ema::on_train_begin(Trainer& trainer) {
  if (options_.use_in_eval()) check_alone(trainer);
  check_file_names(trainer);
  if (averages_.empty()) {
    for (const Live& live : live_tensors(trainer)) {
      averages_.push_back(without_repeats(live.tensor).detach().clone());
    }
  }
  pair(trainer);
}

// New averages may come with the state.
void Ema::load_state(const State& state) {
  Callback::load_state(state);
  live_.clear();
}

// The state's tensors are the models' own.
void Ema::on_save(Trainer& trainer, State&) { restore(trainer); }

void Ema::pair(const Trainer& trainer) {
  std::vector<Live> live = live_tensors(trainer);
  check_count(live.size());
  if (is_paired(live)) return;
  at::NoGradGuard no_grad;
  averaged_ = mixed_ = copied_ = Pairs();
  for (std::size_t i = 0; i < live.size(); ++i) {
    averages_[i] = laid_out_like(live[i].tensor, averages_[i]);
    Pairs& pairs = pairs_for(live[i]);
    pairs.averages.push_back(without_repeats(averages_[i]));
    pairs.live.push_back(without_repeats(live[i].tensor));
  }
  live_ = std::move(live);
}

bool Ema::is_paired(const std::vector<Live>& live) const {
  return std::equal(
      live.begin(), live.end(), live_.begin(), live_.end(),
      [](const Live& a, const Live& b) { return a.tensor.is_same(b.tensor); });
}

// A parameter that training changes has finite elements. Looked at once, as
// this waits for the device.
Ema::Pairs& Ema::pairs_for(const Live& live) {
  bool whole =
      at::isIntegralType(live.tensor.scalar_type(), /*includeBool=*/true);
  if (whole) return copied_;
  if (live.is_buffer) return options_.average_buffers() ? mixed_ : copied_;
  bool finite = at::isfinite(live.tensor).all().item<bool>();
  return finite ? averaged_ : mixed_;
}

// Two that put their averages in would not find the weights again.
void Ema::check_alone(const Trainer& trainer) const {
  for (Callback* callback : trainer.all_callbacks()) {
    auto* other = dynamic_cast<const Ema*>(callback);
    if (other == nullptr || other == this) continue;
    if (!other->options_.use_in_eval()) continue;
    throw UsageError(fmt::format(
        "{} and {} would both put their averages into the models for "
        "evaluations; give use_in_eval(false) to all but one",
        key(), other->key()));
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

// A program that caught an evaluation's exception left the averages in place.
void Ema::on_batch_begin(Trainer& trainer, const Batch&) { restore(trainer); }

void Ema::on_batch_end(Trainer& trainer, const Batch&, const Meter&) {
  average(trainer);
}

// An epoch that is cut short updates once more, after its last batch.
void Ema::on_epoch_end(Trainer& trainer) { average(trainer); }

void Ema::average(Trainer& trainer) {
  if (!stepped_) return;
  stepped_ = false;
  // Added, or loaded, in mid-training.
  if (averages_.empty() || live_.empty()) on_train_begin(trainer);
  at::NoGradGuard no_grad;
  lerp_each(averaged_.averages, averaged_.live, 1 - decay_now());
  lerp_finite_each(mixed_.averages, mixed_.live, 1 - decay_now());
  copy_each(copied_.averages, copied_.live);
  ++updates_;
}

void Ema::swap(Trainer& trainer) {
  pair(trainer);
  at::NoGradGuard no_grad;
  Pairs all = averaged_;
  for (const Pairs* more : {&mixed_, &copied_}) {
    all.averages.insert(all.averages.end(), more->averages.begin(),
                        more->averages.end());
    all.live.insert(all.live.end(), more->live.begin(), more->live.end());
  }
  swap_elements(all.averages, all.live);
  swapped_ = !swapped_;
}

void Ema::restore(Trainer& trainer) {
  if (swapped_) swap(trainer);
}

void Ema::on_eval_begin(Trainer& trainer) {
  restore(trainer);
  // Outside of training there may be no averages yet.
  if (!options_.use_in_eval() || averages_.empty()) return;
  check_alone(trainer);
  swap(trainer);
}

void Ema::on_eval_end(Trainer& trainer, const AvgMeter&) { restore(trainer); }

void Ema::on_test_begin(Trainer& trainer) { on_eval_begin(trainer); }

void Ema::on_test_end(Trainer& trainer, const AvgMeter& average) {
  on_eval_end(trainer, average);
}

void Ema::on_predict_begin(Trainer& trainer) { on_eval_begin(trainer); }

void Ema::on_predict_end(Trainer& trainer) { restore(trainer); }

// models/net.ema.pt, and net.ema2.pt of an Ema#2.
std::string Ema::file_name(const std::string& model) const {
  std::string name = model + ".";
  for (char c : key()) {
    if (c != '#') name += static_cast<char>(std::tolower(c));
  }
  return name;
}

void Ema::check_file_names(const Trainer& trainer) const {
  for (const auto& [name, model] : trainer.named_models()) {
    for (const auto& [other, same] : trainer.named_models()) {
      if (other != file_name(name)) continue;
      throw UsageError(fmt::format(
          "Ema saves the averages of model '{}' as '{}', but a model has that "
          "name; give it another name",
          name, other));
    }
  }
}

void Ema::on_save_models(Trainer& trainer, const Value& info) {
  restore(trainer);
  if (averages_.empty()) return;
  struct InPlace {
    InPlace(Ema& ema, Trainer& trainer) : ema(ema), trainer(trainer) {
      ema.swap(trainer);
    }
    ~InPlace() { ema.restore(trainer); }
    Ema& ema;
    Trainer& trainer;
  } in_place(*this, trainer);
  Value beside = info;
  beside["ema"] =
      Value::Dict{{"decay", options_.decay()}, {"updates", updates_}};
  for (const auto& [name, model] : trainer.named_models()) {
    trainer.saver().save_model(file_name(name), module_state(*model), beside);
  }
}

// In a checkpoint they are in the order of live_tensors(); a tensor that
// several names share is one average.
void Ema::put_averages(const Trainer& trainer,
                       const State& saved,
                       State& weights) const {
  std::vector<Live> live = live_tensors(trainer);
  const State::List& averages = saved.at("averages").as_list();
  if (!options_.use_in_eval() || averages.size() != live.size()) return;
  std::unordered_map<const c10::TensorImpl*, const State*> average_of;
  for (std::size_t i = 0; i < live.size(); ++i) {
    average_of[live[i].tensor.unsafeGetTensorImpl()] = &averages[i];
  }
  for (const auto& [name, model] : trainer.named_models()) {
    State& state = weights[name];
    auto put = [&](const auto& item) {  // an expanded one has one for many
      const State& average = *average_of.at(item.value().unsafeGetTensorImpl());
      state[item.key()] = average.as_tensor().expand(item.value().sizes());
    };
    for (const auto& parameter : model->named_parameters()) put(parameter);
    for (const auto& buffer : model->named_buffers()) put(buffer);
  }
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
  pair(trainer);
  at::NoGradGuard no_grad;
  for (const Pairs* pairs : {&averaged_, &mixed_, &copied_}) {
    copy_each(pairs->live, pairs->averages);
  }
}

}  // namespace thexp
