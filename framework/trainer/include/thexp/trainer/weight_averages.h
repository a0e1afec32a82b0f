#pragma once

namespace thexp {

class State;
class Trainer;

/// A callback whose averages are evaluated in place of the models' weights, as
/// Ema's are. The metric that chose the best checkpoint is then theirs, and
/// `models/best/` gets them.
class WeightAverages {
 public:
  virtual ~WeightAverages() = default;

  /// True while the averages are in the models, and the weights are not.
  virtual bool are_in_models() const = 0;

  /// Puts the averages of `saved`, this callback's state in a checkpoint, in
  /// place of that checkpoint's `weights`: a state dict for each model's name.
  virtual void put_averages(const Trainer& trainer,
                            const State& saved,
                            State& weights) const = 0;
};

}  // namespace thexp
