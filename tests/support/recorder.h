#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "thexp/trainer/trainer.h"

namespace thexp_test {

/// Writes every hook that it sees into a list.
class Recorder : public thexp::Callback {
 public:
  Recorder(std::string name,
           std::vector<std::string>& lines,
           int priority = thexp::Callback::kObserve)
      : name_(std::move(name)), lines_(lines), priority_(priority) {}

  std::string name() const override { return name_; }
  int priority() const override { return priority_; }

  void on_train_begin(thexp::Trainer&) override { write("train_begin"); }
  void on_train_end(thexp::Trainer&) override { write("train_end"); }
  void on_train_saved(thexp::Trainer&) override { write("train_saved"); }
  void on_epoch_begin(thexp::Trainer& trainer) override {
    write("epoch_begin", trainer.progress().epoch);
  }
  void on_epoch_end(thexp::Trainer& trainer) override {
    write("epoch_end", trainer.progress().epoch);
  }
  void on_batch_begin(thexp::Trainer& trainer, const thexp::Batch&) override {
    write("batch_begin", trainer.progress().batch);
  }
  void on_batch_end(thexp::Trainer& trainer,
                    const thexp::Batch&,
                    const thexp::Meter&) override {
    write("batch_end", trainer.progress().batch);
  }
  void on_eval_begin(thexp::Trainer&) override { write("eval_begin"); }
  void on_eval_end(thexp::Trainer&, const thexp::AvgMeter&) override {
    write("eval_end");
  }
  void on_test_begin(thexp::Trainer&) override { write("test_begin"); }
  void on_test_end(thexp::Trainer&, const thexp::AvgMeter&) override {
    write("test_end");
  }
  bool on_update_begin(thexp::Trainer&, thexp::OptimizerSlot&) override {
    write("update_begin");
    return true;
  }
  void on_update_end(thexp::Trainer&, thexp::OptimizerSlot&) override {
    write("update_end");
  }
  thexp::ExceptionAction on_exception(thexp::Trainer&,
                                      const std::exception& error) override {
    lines_.push_back(name_ + " exception " + error.what());
    return answer;
  }
  void on_predict_begin(thexp::Trainer&) override { write("predict_begin"); }
  void on_predict_end(thexp::Trainer&) override { write("predict_end"); }
  void on_save_models(thexp::Trainer&, const thexp::Value& info) override {
    const thexp::Value* why = info.find("why");
    write(why == nullptr ? "save_models" : "save_models " + why->as_text());
  }
  void on_failure(thexp::Trainer&, const std::exception& error) override {
    lines_.push_back(name_ + " failure " + error.what());
    if (failure_throws) throw std::runtime_error("not even that");
  }
  void on_save(thexp::Trainer&, thexp::State&) override { write("save"); }
  void on_load(thexp::Trainer&, const thexp::State&) override { write("load"); }

  bool failure_throws = false;
  thexp::ExceptionAction answer = thexp::ExceptionAction::kRethrow;

 private:
  void write(const std::string& what) { lines_.push_back(name_ + " " + what); }
  void write(const std::string& what, int64_t number) {
    write(what + " " + std::to_string(number));
  }

  std::string name_;
  std::vector<std::string>& lines_;
  int priority_;
};

}  // namespace thexp_test
