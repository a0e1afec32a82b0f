#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results.h"
#include "session_kinds.h"
#include "sources.h"
#include "thexp/base/text.h"
#include "thexp/trainer/trainer.h"

namespace thexp::detail {
namespace {

bool is_called_loss(const std::string& name) {
  return name.find("loss") != std::string::npos;
}

// A rate falls by its schedule.
bool may_be_loss(const std::string& name) {
  return name != "lr" && !starts_with(name, "lr/") && !starts_with(name, "lr_");
}

std::vector<std::string> names_of(const Metrics& metrics,
                                  bool (*wanted)(const std::string&)) {
  std::vector<std::string> names;
  for (const auto& [name, number] : metrics) {
    if (wanted(name)) names.push_back(name);
  }
  return names;
}

// "loss" if there is one, else all that have it in their name, else all: a
// loss may be called nll.
std::vector<std::string> losses_of(const Metrics& metrics) {
  if (find_metric(metrics, "loss") != nullptr) return {"loss"};
  std::vector<std::string> losses = names_of(metrics, is_called_loss);
  return losses.empty() ? names_of(metrics, may_be_loss) : losses;
}

struct Fall {
  std::string loss;  // the metric's name; "" without one
  double first = 0;
  double last = 0;

  // As a share of what the loss was: 0.5 is a half.
  double share() const {
    return (first - last) / std::max(std::abs(first), 1e-12);
  }
};

// The last loss is the mean of five steps, as dropout makes it noisy.
Fall fall_of(const std::string& loss, const std::vector<TraceStep>& trace) {
  constexpr std::size_t kMean = 5;
  Fall fall{loss, real_from(find_metric(trace.front().metrics, loss)), 0};
  std::size_t count = std::min(kMean, trace.size());
  for (std::size_t i = trace.size() - count; i < trace.size(); ++i) {
    fall.last += real_from(find_metric(trace[i].metrics, loss)) /
                 static_cast<double>(count);
  }
  return fall;
}

// Of several losses the one that fell most: a GAN's fight each other.
Fall best_fall(const std::vector<TraceStep>& trace) {
  Fall best;
  if (trace.empty()) return best;
  for (const std::string& loss : losses_of(trace.front().metrics)) {
    Fall fall = fall_of(loss, trace);
    if (best.loss.empty() || fall.share() > best.share()) best = fall;
  }
  return best;
}

DrillResult judge(const Fall& fall, int64_t steps, bool out_of_time) {
  if (fall.loss.empty()) return skip("there is no metric");
  if (!std::isfinite(fall.share())) {
    return fail(
        fmt::format("{} is not finite after {} steps", fall.loss, steps),
        "a learning rate that is too high?");
  }
  std::string seen = fmt::format("{} went from {:.4g} to {:.4g} in {} steps",
                                 fall.loss, fall.first, fall.last, steps);
  if (fall.share() >= 0.5) return pass(seen);
  if (out_of_time) return timeout(seen);
  if (fall.share() < 0.1 && !is_called_loss(fall.loss)) {
    return skip(
        fmt::format("no metric is called loss, and none falls: {}", seen));
  }
  seen += ", not to half";
  if (fall.share() >= 0.1) {
    return warn(seen, "a learning rate that is too low?");
  }
  return fail(seen,
              "the loss of a single batch should fall: learning rate, "
              "detached tensors, labels?");
}

}  // namespace

DrillResult overfit_session(const DrillSession& session,
                            Trainer& trainer,
                            DrillProbe& probe) {
  if (trainer.has_loader(Phase::kTrain)) {
    trainer.wrap_loader(Phase::kTrain, repeat_first_batch);
  }
  probe.enough = [&probe] {
    double share = best_fall(probe.trace()).share();
    return probe.trace().size() >= 10 && (share >= 0.5 || std::isnan(share));
  };
  trainer.train_steps(session.steps);
  return judge(best_fall(probe.trace()), trainer.progress().step,
               probe.out_of_time());
}

}  // namespace thexp::detail
