#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "thexp/trainer/callback.h"

namespace thexp {

/// Writes the story of a run to the log: the run folder, the parameters that
/// were changed and the data at the beginning, one line for every epoch and
/// evaluation, and how it ended.
class LoggerCallback : public Callback {
 public:
  int priority() const override { return kReport; }
  bool only_once() const override { return true; }
  void on_train_begin(Trainer& trainer) override;
  void on_train_saved(Trainer& trainer) override;
  void on_epoch_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer) override;
  bool wants_step_end(const Trainer& trainer) const override;
  void on_step_end(Trainer& trainer) override;
  void on_eval_begin(Trainer& trainer) override;
  void on_eval_end(Trainer& trainer, const AvgMeter& average) override;
  void on_test_begin(Trainer& trainer) override;
  void on_test_end(Trainer& trainer, const AvgMeter& average) override;
  void on_predict_begin(Trainer& trainer) override;
  ExceptionAction on_exception(Trainer& trainer,
                               const std::exception& error) override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void introduce(Trainer& trainer);
  void begin_evaluation(Trainer& trainer);
  void note(Trainer& trainer, const std::string& text);
  void write_averages(Trainer& trainer, const std::string& where);

  std::vector<std::string> evaluations_;  // of the epoch or step that ends
  bool introduced_ = false;
  Time line_begin_;
  Time eval_begin_;
};

}  // namespace thexp
