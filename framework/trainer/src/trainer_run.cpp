// The run of a Trainer: begun, continued, or begun from a checkpoint's file.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "environment.h"
#include "initial_weights.h"
#include "resume.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/trainer/trainer.h"
#include "trainer_parts.h"

namespace thexp {
namespace {

void draw_seed(TrainerParams& params) {
  if (*params.seed >= 0) return;
  std::random_device entropy;
  params.seed = static_cast<std::int64_t>(entropy() >> 1);
}

// A run that drew its seed goes on with that one.
void take_seed(TrainerParams& params, const Value& trained) {
  if (*params.seed < 0) params.seed = trained.at("seed").as_integer();
}

// How much of the data is looked at is nothing that a run was trained to be.
bool is_limit(const std::string& key) {
  return starts_with(key, "limit_") || key == "overfit_batches";
}

// Whoever evaluates a run need not say again how it was trained: what is not
// given here is as it was there.
void take_params(TrainerParams& params,
                 const Value& trained,
                 const std::string& origin) {
  for (const auto& [key, value] : trained.as_dict()) {
    bool given = !params.contains(key) || params.origin(key) != "default" ||
                 params.is_locked(key);
    if (given || is_limit(key) || params[key] == value) continue;
    params.set(key, value, origin);
  }
}

// Weights come from one place.
void check_one_source(const TrainerParams& params,
                      const Value& trained,
                      const fs::path& checkpoint) {
  const std::string& init = *params.init;
  const Value* before = trained.find("init");
  if (init.empty() || (before != nullptr && *before == Value(init))) return;
  throw UsageError(fmt::format(
      "--init={}: the weights come from the checkpoint in {}; leave "
      "--init or --resume away",
      init, checkpoint.string()));
}

void check_init(const TrainerParams& params) {
  if (!params.init.get().empty()) return;
  bool mapped = !params.init_map.get().empty();
  if (!mapped && *params.init_strict) return;
  throw UsageError(fmt::format(
      "--{} says how to take weights from a file, but --init names none",
      mapped ? "init-map" : "no-init-strict"));
}

// Whether there is such a metric shows when there are metrics.
void check_metric(const std::string& name) {
  if (metric_phase(name)) return;
  throw UsageError(
      fmt::format("checkpoint.best_metric={}: a metric is called train/…, "
                  "eval/… or test/…, "
                  "such as eval/loss",
                  name));
}

Retention retention(const TrainerParams& params) {
  Retention rules;
  rules.last(*params.checkpoint_keep);
  if (*params.checkpoint_keep_every > 0) {
    rules.every(*params.checkpoint_keep_every);
  }
  const std::string& metric = *params.checkpoint_best_metric;
  if (!metric.empty()) check_metric(metric);
  if (*params.checkpoint_keep_best == 0) return rules;
  if (metric.empty()) {
    throw UsageError(
        fmt::format("checkpoint.keep_best={}: the best by what? Say "
                    "checkpoint.best_metric, such as eval/loss",
                    *params.checkpoint_keep_best));
  }
  bool less = *params.checkpoint_best_mode == "min";
  return rules.best(*params.checkpoint_keep_best, metric,
                    less ? Mode::kMin : Mode::kMax);
}

std::string experiment_of(const TrainerParams& params) {
  if (!params.exp_name.get().empty()) return *params.exp_name;
  return fs::path(command_line().front()).filename().string();
}

}  // namespace

void Trainer::prepare_process() {
  TrainerParams& params = parts_->params;
  check_init(params);
  Allowance known_words(*params.allow, "");  // also when nothing is compared
  find_beginning();
  draw_seed(params);
  params.validate();
  parts_->keep = retention(params);
  parts_->device = device_called(*params.device);
  parts_->device_told = device_fingerprint(parts_->device);
  set_threads(*params.threads);
  set_determinism(*params.determinism);
  parts_->rnd = RndManager(static_cast<std::uint64_t>(*params.seed));
  params.freeze("training started");
  parts_->params_told = params_fingerprint(params);
}

// A run to continue, or a checkpoint for a new run to begin with.
void Trainer::find_beginning() {
  Parts& parts = *parts_;
  parts.continued = run_to_continue(parts.params, experiment_of(parts.params));
  if (parts.continued) {
    load_newest();
  } else {
    parts.checkpoint = file_to_begin_from(parts.params);
    parts.origin = *parts.params.resume;
  }
  if (!parts.checkpoint) return;
  const State& own = parts.checkpoint->at("thexp");
  Value trained = own.at("params").to_value();
  fs::path from = parts.continued ? parts.continued->path : parts.origin;
  check_one_source(parts.params, trained, from);
  take_seed(parts.params, trained);
  if (!parts.trains()) take_params(parts.params, trained, from.string());
}

namespace {

LoadedFile load_latest(const fs::path& folder) {
  try {
    if (auto latest = Saver(folder).load_latest()) return std::move(*latest);
  } catch (const FormatError& error) {
    throw FormatError(
        fmt::format("the run {}: {}\n(--resume=FILE begins with another "
                    "checkpoint, such as a keypoint; without --resume or "
                    "--auto_resume a new run starts)",
                    folder.string(), error.what()));
  }
  throw UsageError(fmt::format("the run {} has no checkpoint to continue from",
                               folder.string()));
}

}  // namespace

void Trainer::load_newest() {
  Parts& parts = *parts_;
  const fs::path folder = parts.continued->path;
  LoadedFile latest = load_latest(folder);
  for (const SkippedFile& file : latest.skipped) {
    logger().warn("a damaged checkpoint is passed over", file.reason);
  }
  parts.checkpoint = std::move(latest.state);
  parts.loaded_sequence = latest.file.sequence;
  parts.files = parts.checkpoint->at("thexp").at("files").to_value();
  require_own_files(latest.file.path, parts.files);
  parts.damaged = std::move(latest.skipped);
  if (parts.trains()) {
    wait_for_heartbeat();
    check_not_running(*parts.continued);
    return;
  }
  // Whoever only looks at a run leaves it as it is.
  parts.origin = latest.file.path;
  parts.continued.reset();
}

// A killed container, or a node that was lost, leaves a run that says
// "running". Whoever starts it again at once waits until that is known, and
// not longer than until the next heartbeat.
void Trainer::wait_for_heartbeat() {
  RunRecord& run = *parts_->continued;
  const SystemTime known = run.heartbeat;
  auto left = time_until_known(run);
  if (!left) return;
  logger().info(
      "wait", run.path.string(),
      fmt::format("process {} on {} wrote to it; up to {:.0f} s to see whether "
                  "it still does",
                  run.pid, run.host, left->count()));
  // Not longer where the clocks of the two disagree.
  auto end = std::chrono::steady_clock::now() + 3 * run.heartbeat_interval +
             std::chrono::seconds(1);
  while (time_until_known(run) && run.heartbeat == known &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    run = read_run(run.path);
  }
}

// A run that is continued is not touched before everything fits.
void Trainer::open_run() {
  Parts& parts = *parts_;
  parts.code = code_fingerprint();
  if (parts.checkpoint) check_continuation();
  if (parts.continued) {
    say_beginning(parts.continued->path);
  } else {
    create_run();
  }
  std::string blas = slow_blas();
  if (!blas.empty()) {
    logger().warn(fmt::format(
        "LibTorch computes on the reference BLAS ({}), many times slower than "
        "OpenBLAS; install libopenblas0-pthread",
        blas));
  }
}

void Trainer::open_log() {
  logger().add_sink(
      make_file_sink(parts_->run->console_log(), FileFrames::kNone));
}

void Trainer::create_run() {
  Parts& parts = *parts_;
  RunOptions options;
  options.experiment(experiment_of(parts.params))
      .argv(command_line())
      .tensorboard(*parts.params.log_tensorboard);
  if (!parts.params.workspace.get().empty()) {
    options.workspace(*parts.params.workspace);
  }
  parts.run = Run::create(options);
  parts.run->write_params(parts.params.to_yaml());
  parts.run->set_info("params", parts.params_told);
  if (!parts.trains()) parts.run->set_info("phase", *parts.params.phase);
  parts.saver = std::make_unique<Saver>(parts.run->path(),
                                        SaverOptions().keep(parts.keep));
  open_log();
  if (!parts.checkpoint) return;
  fs::path file = fs::canonical(parts.origin);  // not a link that moves on
  say_beginning(file);
  parts.run->set_info("begun_from", file.string());
}

// Refuses what would not be a continuation. An evaluation may be of other data
// and by another program, and says so.
void Trainer::Parts::compare(const std::string& word,
                             const Value& saved,
                             const Value& now) {
  fs::path from = continued ? continued->path : origin;
  if (trains()) {
    Allowance(*params.allow, from.string()).check(word, saved, now);
    return;
  }
  for (const std::string& line : differences(saved, now)) {
    trainer.logger().warn(fmt::format("other {} than in training", word), line);
  }
}

void Trainer::check_continuation() {
  Parts& parts = *parts_;
  const State& own = parts.checkpoint->at("thexp");
  Value trained = own.at("params").to_value();
  parts.params_told = params_to_compare(parts.params, trained);
  parts.compare("params", trained, parts.params_told);
  parts.compare("device", own.at("device").to_value(), parts.device_told);
  parts.compare("code", Value::Dict{{"code", own.at("code").as_text()}},
                Value::Dict{{"code", parts.code}});
  parts.loaded_epoch = own.at_path({"progress", "epoch"}).as_integer();
}

// Of a run that is continued this goes to the terminal alone: its log will
// read as if it had never stopped.
void Trainer::say_beginning(const fs::path& from) {
  std::int64_t epoch = parts_->loaded_epoch;
  const State& own = parts_->checkpoint->at("thexp");
  bool trains = parts_->trains();
  const char* finished =
      epoch >= epochs_wanted() ? "finished before" : "resume";
  logger().info(trains ? finished : "checkpoint", from.string(),
                fmt::format("{} of {} epochs, step {}", epoch, epochs_wanted(),
                            own.at_path({"progress", "step"}).as_integer()));
  std::int64_t threads = own.at("threads").as_integer();
  if (!trains || threads == at::get_num_threads()) return;
  logger().warn(fmt::format(
      "it ran on {0} threads, this is {1}: the last bits may differ; "
      "--threads={0} --allow=params repeats them",
      threads, at::get_num_threads()));
}

// Another process may have continued the run since its checkpoint was loaded.
void Trainer::check_newest() const {
  const fs::path& folder = parts_->continued->path;
  for (const SavedFile& file : Saver(folder).find_checkpoints()) {
    if (file.sequence <= parts_->loaded_sequence) continue;
    bool damaged = std::any_of(
        parts_->damaged.begin(), parts_->damaged.end(),
        [&](const SkippedFile& each) { return each.path == file.path; });
    if (damaged) continue;
    throw UsageError(
        fmt::format("the run {} was continued by another process meanwhile: it "
                    "has {} by now; start again",
                    folder.string(), file.path.filename().string()));
  }
}

// From here on this process writes to the run, from its checkpoint on.
void Trainer::take_over() {
  Parts& parts = *parts_;
  if (parts.run != nullptr) return;
  const fs::path& folder = parts.continued->path;
  parts.run =
      Run::open(folder, RunOptions()
                            .argv(command_line())
                            .tensorboard(*parts.params.log_tensorboard)
                            .before_writing([this] { check_newest(); }));
  parts.run->set_info("params", parts.params_told);
  parts.saver =
      std::make_unique<Saver>(folder, SaverOptions().keep(parts.keep));
  for (const SkippedFile& file : parts.damaged) {
    parts.saver->set_aside(file.path);
  }
  parts.saver->restore_best();
  for (const std::string& warning : cut_files(folder, parts.files)) {
    logger().warn(warning);
  }
  open_log();
}

// What goes on has its weights from its checkpoint.
void Trainer::start_from_weights() {
  Parts& parts = *parts_;
  if (parts.params.init.get().empty() || parts.checkpoint) return;
  InitialWeights initial(parts.params, parts.models);
  initial.load();
  for (const std::string& line : initial.lines()) logger().info("init", line);
  parts.run->set_info("init", initial.record());
}

// After models and data are there: everything goes back to the checkpoint.
void Trainer::restore_run() {
  Parts& parts = *parts_;
  if (!parts.checkpoint) return;
  State saved = std::move(*parts.checkpoint);
  parts.checkpoint.reset();
  const State& own = saved.at("thexp");
  parts.compare("data", own.at("data").to_value(), parts.data_fingerprint());
  parts.setup = Parts::Setup::kDone;  // load_state() asks for it
  put_back(saved);
  take_over();
  after_load(saved);
  if (parts.params.more_epochs.get()) {  // whoever asks for more wants more
    parts.stop_train = false;
    parts.stop_reason.clear();
  }
  if (!parts.continued) return;  // a new run has no checkpoint of its own yet
  parts.resumed = true;
  parts.saved_at = progress().step;
}

}  // namespace thexp
