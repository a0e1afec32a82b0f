#include "tasks.h"

#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sources.h"
#include "thexp/base/text.h"
#include "thexp/data/loader.h"
#include "thexp/state/module_state.h"
#include "thexp/state/pt.h"
#include "thexp/trainer/error_message.h"
#include "thexp/trainer/trainer.h"

namespace thexp {
namespace {

// The workers that load training data; -1 for a source without such.
std::int64_t workers_of(const Trainer& trainer) {
  if (!trainer.has_loader(Phase::kTrain)) return -1;
  auto* loader = dynamic_cast<DataLoader*>(&trainer.loader(Phase::kTrain));
  return loader == nullptr ? -1 : loader->options().workers();
}

void use_other_workers(Trainer& trainer) {
  for (Phase phase : {Phase::kTrain, Phase::kEval}) {
    if (trainer.has_loader(phase)) trainer.wrap_loader(phase, change_workers);
  }
}

struct Count {
  std::int64_t tensors = 0;
  std::int64_t values = 0;
};

void count_leaves(const State& state, Count& count) {
  if (state.is_list()) {
    for (const State& item : state.as_list()) count_leaves(item, count);
  } else if (state.is_dict()) {
    for (const auto& entry : state.as_dict()) count_leaves(entry.second, count);
  } else {
    ++(state.is_tensor() ? count.tensors : count.values);
  }
}

// "loss" if there is one, else what is called some loss.
std::vector<std::string> losses_of(const Value& metrics) {
  if (metrics.find("loss") != nullptr) return {"loss"};
  std::vector<std::string> names;
  for (const auto& entry : metrics.as_dict()) {
    bool loss = entry.first.find("loss") != std::string::npos;
    if (loss) names.push_back(entry.first);
  }
  return names;
}

double number_at(const TraceStep& step, const std::string& key) {
  const Value* value = step.metrics.find(key);
  return value != nullptr && value->is_number() ? value->as_real() : NAN;
}

struct Fall {
  std::string key;
  double first = 0;
  double last = 0;  // the mean of five steps, for dropout's sake

  // 0.5: the loss is half of what it was.
  double share() const {
    return (first - last) / std::max(std::abs(first), 1e-12);
  }
};

Fall fall_of(const std::vector<TraceStep>& trace, const std::string& key) {
  constexpr std::size_t kMean = 5;
  Fall fall{key, number_at(trace.front(), key), 0};
  std::size_t count = std::min(kMean, trace.size());
  for (std::size_t i = trace.size() - count; i < trace.size(); ++i) {
    fall.last += number_at(trace[i], key) / static_cast<double>(count);
  }
  return fall;
}

// Of several losses the one that fell most: a GAN's fight each other.
Fall best_fall(const std::vector<TraceStep>& trace) {
  Fall best;
  if (trace.empty()) return best;
  for (const std::string& key : losses_of(trace.front().metrics)) {
    Fall fall = fall_of(trace, key);
    if (best.key.empty() || fall.share() > best.share()) best = fall;
  }
  return best;
}

bool is_finite(const at::Tensor& tensor) {
  return at::isfinite(tensor).all().item().toBool();
}

// The names of tensors that are not finite, of all models.
Value not_finite(const Trainer& trainer, std::int64_t& tensors) {
  Value::List names;
  for (const auto& [name, model] : trainer.named_models()) {
    const State state = module_state(*model);
    for (const auto& [key, item] : state.as_dict()) {
      ++tensors;
      if (is_finite(item.as_tensor())) continue;
      names.push_back(fmt::format("{}.{}", name, key.to_string()));
    }
  }
  return names;
}

// The first warning in the run's log, without its date.
std::string first_warning(Trainer& trainer) {
  trainer.logger().flush();
  for (const std::string& line :
       split(read_file(trainer.active_run().console_log()), '\n')) {
    std::size_t at = line.find("| WARN | ");
    // Not what the framework says as it starts.
    bool of_blas = line.find("BLAS") != std::string::npos;
    if (at != std::string::npos && !of_blas) return line.substr(at + 9);
  }
  return "";
}

// Makes one step's batch NaN, or, where it has no real numbers, the gradients
// of the first update after it.
struct Poisoning {
  std::shared_ptr<bool> batch = std::make_shared<bool>(false);
  bool gradients = false;

  void prepare(Trainer& trainer, DrillProbe& probe) {
    trainer.wrap_loader(Phase::kTrain, [this](auto source) {
      return poison_batch(std::move(source), kNanStep, batch);
    });
    probe.poison_gradients = [this, &trainer] {
      bool due =
          !*batch && !gradients && trainer.progress().step + 1 >= kNanStep;
      if (due) gradients = true;
      return due;
    };
  }

  std::string place() const {
    if (*batch) return "batch";
    return gradients ? "gradients" : "";
  }
};

}  // namespace

Value drill_train(const DrillSession& session, Trainer& trainer) {
  std::int64_t workers = workers_of(trainer);
  if (session.other_workers) use_other_workers(trainer);
  std::int64_t from = trainer.progress().step;
  TrainResult result = trainer.train_steps(session.steps - from);
  save_pt(session.state_file(), trainer.state());
  return Value::Dict{{"from", from},
                     {"step", trainer.progress().step},
                     {"epoch", trainer.progress().epoch},
                     {"reason", result.reason},
                     {"run", trainer.run_folder().string()},
                     {"device", trainer.device().str()},
                     {"workers", workers},
                     {"workers_used", workers_of(trainer)}};
}

Value drill_reload(const DrillSession& session, Trainer& trainer) {
  const State saved = load_pt(session.state);
  trainer.load_state(saved);
  State again = trainer.state();
  Count count;
  count_leaves(saved, count);
  return Value::Dict{{"difference", first_difference(saved, again)},
                     {"tensors", count.tensors},
                     {"values", count.values}};
}

Value drill_overfit(const DrillSession& session,
                    Trainer& trainer,
                    DrillProbe& probe) {
  if (trainer.has_loader(Phase::kTrain)) {
    trainer.wrap_loader(Phase::kTrain, repeat_first_batch);
  }
  probe.enough = [&probe] {
    double fall = best_fall(probe.trace()).share();
    return probe.trace().size() >= 10 && (fall >= 0.5 || std::isnan(fall));
  };
  trainer.train_steps(session.steps);
  Fall fall = best_fall(probe.trace());
  return Value::Dict{{"key", fall.key},
                     {"first", fall.first},
                     {"last", fall.last},
                     {"share", fall.share()},
                     {"steps", trainer.progress().step},
                     {"reason", trainer.stop_reason()}};
}

Value drill_nan(const DrillSession& session,
                Trainer& trainer,
                DrillProbe& probe) {
  Poisoning poisoning;
  poisoning.prepare(trainer, probe);
  Value facts = Value::Dict{{"error", ""}, {"reason", ""}};
  try {
    facts["reason"] = trainer.train_steps(session.steps).reason;
  } catch (const std::exception& error) {
    facts["error"] = message_of(error);  // what the drill wants to see
  }
  std::int64_t tensors = 0;
  facts["into"] = poisoning.place();
  facts["bad"] = not_finite(trainer, tensors);
  facts["tensors"] = tensors;
  facts["reported"] = first_not_finite(probe.trace());
  facts["warning"] = first_warning(trainer);
  return facts;
}

}  // namespace thexp
