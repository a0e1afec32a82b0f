#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "thexp/params/params.h"

namespace thexp {

/// Whether a text is what `max_time` takes.
bool is_max_time(const Value& text);

/// The parameters that every trainer has. Derive from it and add your own:
///
///     struct MnistParams : thexp::TrainerParams {
///       thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate"};
///     };
struct TrainerParams : Params {
  TrainerParams();
  ~TrainerParams() override;

  /// A key of the program that says where or how it runs, and not what it
  /// computes, such as the number of loading threads. A run may be continued
  /// with another value of it:
  ///
  ///     MnistParams() { may_differ("data.workers"); }
  ///
  /// @throws UsageError for a key that is not declared.
  void may_differ(const std::string& key);
  /// False for those.
  bool is_compared(const std::string& key) const;

  Param<int64_t> epoch{this, "epoch", 10,
                       "train until this many epochs are finished",
                       at_least(0)};
  Param<std::optional<int64_t>> more_epochs{
      this, "more_epochs", std::nullopt,
      "instead: this many more than the run has when it is continued; also "
      "--epoch=+N",
      at_least(0)};
  Param<std::optional<int64_t>> steps{
      this, "steps", std::nullopt,
      "train until this many steps are finished, or the epochs, where they are "
      "given, too",
      at_least(0)};
  Param<std::optional<int64_t>> more_steps{
      this, "more_steps", std::nullopt,
      "instead: this many more than the run has when it is continued; also "
      "--steps=+N",
      at_least(0)};
  Param<std::string> max_time{
      this, "max_time", "",
      "stop in order when this process has run that long (90s, 15m, 3h30m, "
      "1d), with exit code 75: start it again with --auto_resume; empty = no "
      "limit",
      Constraint("a duration such as 90s, 15m, 3h30m or 1d", is_max_time)};
  Param<int64_t> seed{this, "seed", 0,
                      "seed of everything random; -1 draws one and records it",
                      at_least(-1)};
  Param<std::string> device{
      this, "device", "auto",
      "cpu, cuda, cuda:N, or auto (CUDA where there is one)"};
  Param<int64_t> threads{this, "threads", 0,
                         "LibTorch's threads; 0 = its own choice",
                         between(0, 4096)};
  Param<std::string> determinism{
      this, "determinism", "normal",
      "benchmark: fastest kernels; strict: repeatable ones, or an error",
      one_of({"benchmark", "normal", "strict"})};
  Param<std::string> phase{this, "phase", "train", "what to run",
                           one_of({"train", "eval", "test", "predict"})};

  Param<fs::path> workspace{
      this, "workspace", "",
      "folder of all runs; empty = $THEXP_WORKSPACE or ./runs"};
  Param<std::string> exp_name{this, "exp_name", "",
                              "experiment; empty = the program's name"};

  Param<std::string> description{
      this, "description", "",
      "what this run is for; thexp ls and show say it"};
  Param<bool> record_code{
      this, "record.code", true,
      "keep a snapshot of the program's code with each run"};
  Param<std::vector<std::string>> record_sources{
      this,
      "record.sources",
      {},
      "outside a git repository: files and folders of code to keep a copy of, "
      "such as src/*.cpp; none = the file of main() alone"};
  Param<std::vector<std::string>> record_environment{
      this,
      "record.environment",
      {},
      "more variables of the environment to record: names, * is any text"};

  Param<int64_t> accumulate{this, "accumulate", 1,
                            "batches whose gradients make one update",
                            at_least(1)};
  Param<int64_t> eval_every{this, "eval.every", 1,
                            "epochs between two evaluations; 0 = none",
                            at_least(0)};
  Param<int64_t> eval_every_steps{this, "eval.every_steps", 0,
                                  "also evaluate after this many steps; 0 = no",
                                  at_least(0)};
  Param<bool> eval_at_start{this, "eval.at_start", false,
                            "evaluate before the first step, too"};
  Param<int64_t> eval_sanity{
      this, "eval.sanity", 1,
      "batches of evaluation that are tried before the first step, to find "
      "what is broken; 0 = none",
      at_least(0)};
  Param<int64_t> test_every{this, "test.every", 5,
                            "epochs between two tests; 0 = none", at_least(0)};
  Param<int64_t> log_every{this, "log.every", 50,
                           "steps between two records of training metrics",
                           at_least(1)};
  Param<double> log_frame_every{
      this, "log.frame_every", 30,
      "seconds between two lines of console.log that tell where an epoch "
      "stands; 0 = none",
      at_least(0.0)};
  Param<bool> log_console{this, "log.console", true, "write to the terminal"};
  Param<bool> log_capture{
      this, "log.capture", true,
      "have what the program itself prints on the console and in console.log"};
  Param<bool> log_tensorboard{this, "log.tensorboard", true,
                              "write metrics for TensorBoard, too"};
  Param<std::string> log_level{this, "log.level", "info",
                               "the least important lines to write",
                               one_of({"debug", "info", "warn", "error"})};
  Param<int64_t> checkpoint_every{this, "checkpoint.every", 1,
                                  "epochs between two checkpoints; 0 = none",
                                  at_least(0)};
  Param<int64_t> checkpoint_keep{this, "checkpoint.keep", 3,
                                 "newest checkpoints to keep", at_least(1)};
  Param<int64_t> checkpoint_keep_every{
      this, "checkpoint.keep_every", 0,
      "also keep one checkpoint every this many epochs (or steps, where "
      "training is by steps); 0 = none",
      at_least(0)};
  Param<int64_t> checkpoint_keep_best{
      this, "checkpoint.keep_best", 0,
      "also keep this many of the best by checkpoint.best_metric; 0 = none",
      at_least(0)};
  Param<std::string> checkpoint_best_metric{
      this, "checkpoint.best_metric", "",
      "what checkpoint.keep_best goes by, such as eval/loss"};
  Param<std::string> checkpoint_best_mode{
      this, "checkpoint.best_mode", "auto",
      "whether less (min) or more (max) of it is better; auto: by its name, "
      "more of acc, f1, auc and the like",
      one_of({"auto", "min", "max"})};
  Param<int64_t> checkpoint_every_steps{
      this, "checkpoint.every_steps", 0,
      "also save after this many steps; 0 = no", at_least(0)};
  Param<double> checkpoint_every_seconds{
      this, "checkpoint.every_seconds", 0,
      "also save when this many seconds have passed; 0 = no", at_least(0.0)};
  Param<std::string> checkpoint_on_error{this, "checkpoint.on_error", "stop",
                                         "when a checkpoint cannot be written",
                                         one_of({"stop", "warn"})};
  Param<std::string> checkpoint_when_busy{
      this, "checkpoint.when_busy", "wait",
      "when one is due and two are being written: wait, or replace the newer",
      one_of({"wait", "replace"})};

  Param<fs::path> resume{this, "resume", "",
                         "continue a run exactly: its id or folder; bare: "
                         "the experiment's newest; a checkpoint's FILE.pt: "
                         "begin a new run there"};
  Param<bool> auto_resume{
      this, "auto_resume", false,
      "continue the newest run if there is one, else start"};
  Param<std::string> allow{
      this, "allow", "",
      "what may differ on a resume: params,data,device,callbacks"};

  Param<fs::path> init_from{
      this, "init.from", "",
      "a fresh run starts from these weights: a .pt or .safetensors file, or "
      "net=FILE for the model called net (several are joined by commas)"};
  Param<std::string> init_map{
      this, "init.map", "",
      "renames what is in those files, old=new joined by commas: a name, the "
      "beginning of one (layer1=block1), a prefix to remove (module.=), or "
      "what to leave out (fc=)"};
  Param<bool> init_strict{
      this, "init.strict", true,
      "false: names that only the file or only the model has are let pass"};

  Param<bool> fast_dev_run{this, "fast_dev_run", false,
                           "one batch of everything, to see that it runs"};
  Param<double> drill{
      this, "drill", 0,
      "try this training out in at most this many seconds (bare: 60): does it "
      "resume, repeat, learn? 0 = no",
      at_least(0.0)};
  Param<int64_t> overfit_batches{
      this, "overfit_batches", 0,
      "train and evaluate on the same first N batches; 0 = off", at_least(0)};
  Param<std::optional<int64_t>> limit_train_batches{
      this, "limit_train_batches", std::nullopt,
      "at most this many training batches an epoch", at_least(0)};
  Param<std::optional<int64_t>> limit_eval_batches{
      this, "limit_eval_batches", std::nullopt,
      "at most this many batches in an evaluation", at_least(0)};
  Param<std::optional<int64_t>> limit_test_batches{
      this, "limit_test_batches", std::nullopt,
      "at most this many batches in a test", at_least(0)};

 private:
  std::vector<std::string> differing_;
};

}  // namespace thexp
