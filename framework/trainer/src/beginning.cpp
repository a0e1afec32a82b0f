#include "beginning.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "allowed_changes.h"
#include "describe_process.h"
#include "environment.h"
#include "find_run.h"
#include "hardware.h"
#include "length.h"
#include "run_yaml.h"
#include "thexp/base/error.h"
#include "thexp/base/plural.h"
#include "thexp/base/text.h"
#include "thexp/tracking/marked_line.h"
#include "thexp/tracking/sink.h"
#include "timeline.h"

namespace thexp {
namespace {

// A run that drew its seed goes on with that one.
void take_seed(TrainerParams& params, const Value& trained) {
  if (*params.seed < 0) params.seed = trained.at("seed").as_integer();
}

// How much of the data is looked at does not belong to what was trained.
bool is_limit(const std::string& key) {
  return starts_with(key, "limit_") || key == "overfit_batches";
}

bool is_length(const std::string& key) {
  return key == "epoch" || key == "steps";
}

// Weights come from one place.
void check_one_source(const TrainerParams& params,
                      const Value& trained,
                      const fs::path& checkpoint) {
  const std::string& init = params["init.from"].as_text();
  const Value* before = trained.find("init.from");
  if (init.empty() || (before != nullptr && *before == Value(init))) return;
  throw UsageError(fmt::format(
      "--init.from={}: the weights come from the checkpoint in {}; omit "
      "--init.from or --resume",
      init, checkpoint.string()));
}

// "experiment/id" of the run whose folder a checkpoint is in, or "".
std::string run_of(const fs::path& checkpoint) {
  fs::path folder = fs::canonical(checkpoint).parent_path().parent_path();
  if (!fs::exists(folder / "run.json")) return "";
  return (folder.parent_path().filename() / folder.filename()).string();
}

// One entry more in a list of run.json.
void add_info(Run& run,
              const Value& info,
              const std::string& key,
              const Value& entry) {
  const Value* before = info.find(key);
  Value all = before == nullptr ? Value(Value::List{}) : *before;
  all.as_list().push_back(entry);
  run.set_info(key, std::move(all));
}

const char* more_flag(const RunPlan& plan) {
  return plan.counts_steps() ? "--steps=+N" : "--epoch=+N";
}

LoadedFile latest_or_throw(const fs::path& folder) {
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

void Beginning::find() {
  const std::string experiment = experiment_of(params_);
  run_ = find_run_to_continue(params_, experiment);
  if (run_) {
    load_checkpoint_of_run();
  } else if (auto file = load_file_to_begin_from(params_, experiment)) {
    checkpoint_.emplace(std::move(file->state));
    file_ = file->path;
  }
  if (!checkpoint_) return;
  Value trained = checkpoint_->params();
  epoch_ = checkpoint_->epoch();
  step_ = checkpoint_->step();
  has_trained_ = checkpoint_->is_complete();
  lengths_ = checkpoint_->file_lengths();
  check_one_source(params_, trained, source());
  take_seed(params_, trained);
  bool is_named = !params_.resume.get().empty();  // not found by its parameters
  if (is_named || !trains()) take_params(trained);
}

void Beginning::load_checkpoint_of_run() {
  LoadedFile latest = latest_or_throw(run_->path);
  for (const SkippedFile& file : latest.skipped) {
    recorder_.logger().warn("a damaged checkpoint is passed over", file.reason);
  }
  checkpoint_.emplace(std::move(latest.state));
  Timeline::require_own_files(latest.file.path, checkpoint_->file_lengths());
  sequence_ = latest.file.sequence;
  damaged_ = std::move(latest.skipped);
  if (trains()) {
    wait_for_heartbeat();
    check_not_running(*run_);
    return;
  }
  // An evaluation leaves the run as it is.
  file_ = latest.file.path;
  run_.reset();
}

// A killed container, or a node that was lost, leaves a run that says
// "running". A start right after it waits until that is known, and not longer
// than until the next heartbeat.
void Beginning::wait_for_heartbeat() {
  RunRecord& run = *run_;
  const SystemTime known = run.heartbeat;
  auto left = time_until_known(run);
  if (!left) return;
  recorder_.logger().info(
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

// So that nobody has to repeat how a run was trained.
void Beginning::take_params(const Value& trained) {
  std::vector<std::string> taken;
  const Value compared = params_fingerprint(params_, trained);
  for (const auto& [key, value] : compared.as_dict()) {
    bool given = !params_.contains(key) || params_.origin(key) != "default" ||
                 params_.is_locked(key);
    if (given || params_[key] == value) continue;
    if (is_limit(key) && !trains()) continue;
    if (is_length(key) && (counts_more(params_) || value.is_null())) continue;
    params_.set(key, value, source().string());
    taken.push_back(fmt::format("{}={}", key, value.to_json()));
  }
  if (trains() && !taken.empty()) {
    recorder_.logger().info("parameters of the run", join(taken, ", "));
  }
}

// Refuses what would not be a continuation. An evaluation may be of other data
// and by another program, and says so.
void Beginning::compare(const std::string& word,
                        const Value& saved,
                        const Value& now) const {
  if (trains()) {
    AllowedChanges(*params_.allow, source().string()).check(word, saved, now);
    return;
  }
  for (const std::string& line : differences(saved, now)) {
    recorder_.logger().warn(fmt::format("other {} than in training", word),
                            line);
  }
}

void Beginning::adapt_and_check(Fingerprint& here, RunPlan& plan) {
  if (!checkpoint_) return;
  Fingerprint saved = checkpoint_->fingerprint();
  trained_params_ = params_fingerprint(params_, saved.params);
  here.params = params_to_compare(params_, plan.scheduled(), trained_params_);
  compare("params", trained_params_, here.params);
  compare("device", saved.device, here.device);
  note_rebuilt(saved, here);
  if (!trains()) return;
  bool changed = !differences(trained_params_, here.params).empty();
  go_on_after(trained_params_, changed, plan);
}

// It computes the same unless its author changed that; who continues a run with
// a rebuilt program knows.
void Beginning::note_rebuilt(const Fingerprint& saved,
                             const Fingerprint& here) {
  if (saved.code == here.code) return;
  recorder_.logger().warn(
      fmt::format("the program was rebuilt since {}", source().string()),
      fmt::format("{} -> {}", saved.code, here.code));
  rebuilt_ =
      Value::Dict{{"step", step_}, {"before", saved.code}, {"now", here.code}};
}

void Beginning::go_on_after(const Value& trained, bool changed, RunPlan& plan) {
  Earlier before;
  before.epochs = epoch_;
  before.steps = step_;
  before.target = length_in(trained);
  before.is_complete = has_trained_ || !continues();
  before.has_changed = changed;
  plan.go_on_after(before);
  if (counts_more(params_) && !before.is_complete) {
    recorder_.logger().info("the run was not finished",
                            "it goes on to its own end, and +N adds nothing");
  }
  require_not_beyond(plan.scheduled());
  if (!continues() || !has_trained_) return;
  is_over_ = run_->status == RunStatus::kCompleted && !plan.decides_anew();
  if (!changed || plan.scheduled().wants_more(finished())) return;
  throw UsageError(fmt::format(
      "all {} of {} are finished, so that other parameters have no "
      "effect; {} trains N more with them",
      plan.counts_steps() ? plural(step_, "step") : plural(epoch_, "epoch"),
      source().string(), more_flag(plan)));
}

// Nobody trains back.
void Beginning::require_not_beyond(const Until& until) const {
  if (until.epochs < epoch_) {
    throw UsageError(fmt::format(
        "--epoch={}: {} epochs are finished in {}; --epoch=+N trains N more",
        until.epochs, epoch_, source().string()));
  }
  if (until.steps < step_) {
    throw UsageError(fmt::format(
        "--steps={}: {} steps are finished in {}; --steps=+N trains N more",
        until.steps, step_, source().string()));
  }
}

Progress Beginning::finished() const {
  Progress at;
  at.epoch = epoch_;
  at.step = step_;
  return at;
}

void Beginning::check_data(const Value& here) const {
  if (!checkpoint_) return;
  compare("data", data_to_compare(checkpoint_->fingerprint().data),
          data_to_compare(here));
}

void Beginning::create_run(const RunPlan& plan, const Fingerprint& here) {
  RunOptions options;
  options.experiment(experiment_of(params_))
      .description(*params_.description)
      .parent(checkpoint_ ? run_of(file_) : "");
  describe_process(params_, options);
  if (!params_.workspace.get().empty()) options.workspace(*params_.workspace);
  recorder_.open(Run::create(options));
  Run& run = recorder_.run();
  run.write_params(run_yaml(params_, plan.scheduled()));
  run.set_params(run_params(params_, plan.scheduled()));
  if (!trains()) run.set_info("phase", *params_.phase);
  if (!plan.saves()) run.set_info("dry_run", true);
  if (!checkpoint_) return;
  fs::path file = fs::canonical(file_);  // not a link that moves on
  say(file, plan);
  run.set_info("begun_from", file.string());
}

// "2 of 4 epochs, step 6"; an evaluation trains to no number of epochs.
std::string Beginning::position(const RunPlan& plan) const {
  if (trains()) return position_text(epoch_, step_, plan.scheduled());
  return fmt::format("{}, step {}", plural(epoch_, "epoch"), step_);
}

// Of a run that is continued this goes to the terminal alone.
void Beginning::say(const fs::path& from, const RunPlan& plan) const {
  if (is_over()) return say_over(plan);
  recorder_.logger().info(trains() ? "resume" : "checkpoint", from.string(),
                          position(plan));
  if (trains()) warn_of_other_machine(plan);
}

// What may change the last bits, and is no reason to refuse.
void Beginning::warn_of_other_machine(const RunPlan& plan) const {
  std::string there = checkpoint_->hardware();
  std::string here = hardware_of(plan.device());
  if (!there.empty() && !here.empty() && there != here) {
    recorder_.logger().warn(fmt::format(
        "it ran on {}, this is {}: the last bits may differ", there, here));
  }
  int64_t threads = checkpoint_->threads();
  if (threads == at::get_num_threads()) return;
  recorder_.logger().warn(fmt::format(
      "it ran on {2}, this is {1}: the last bits may differ; --threads={0} "
      "--allow=params repeats them",
      threads, at::get_num_threads(), plural(threads, "thread")));
}

// Those who follow the log read that it goes on. The line is marked: what the
// log tells is as if it had never stopped.
void Beginning::note_resume(const fs::path& log) const {
  make_file_sink(log)->line(marked_line(
      fmt::format("{} | resume | {}, step {}", log_date(Clock::system().now()),
                  plural(epoch_, "epoch"), step_)));
}

void Beginning::say_over(const RunPlan& plan) const {
  std::string reason = checkpoint_->stop_reason();
  recorder_.logger().info(
      "complete", run_->path.string(),
      fmt::format("{}{}; {} trains N more", position(plan),
                  reason.empty() ? "" : ", " + reason, more_flag(plan)));
}

// Another process may have continued the run since its checkpoint was loaded.
void Beginning::require_newest() const {
  for (const SavedFile& file : Saver(run_->path).find_checkpoints()) {
    if (file.sequence <= sequence_) continue;
    bool damaged = std::any_of(
        damaged_.begin(), damaged_.end(),
        [&](const SkippedFile& each) { return each.path == file.path; });
    if (damaged) continue;
    throw UsageError(
        fmt::format("the run {} was continued by another process meanwhile: it "
                    "has {} by now; start again",
                    run_->path.string(), file.path.filename().string()));
  }
}

void Beginning::take_over(const Fingerprint& here) {
  const fs::path& folder = run_->path;
  RunOptions options;
  options.before_writing([this] { require_newest(); });
  describe_process(params_, options);
  std::unique_ptr<Run> run = Run::open(folder, options);
  run->set_params(run_params(params_, length_in(here.params)));
  if (!rebuilt_.is_null()) add_info(*run, run_->info(), "rebuilt", rebuilt_);
  Saver saver(folder);
  for (const SkippedFile& file : damaged_) saver.set_aside(file.path);
  Timeline timeline(folder);
  for (const std::string& warning : timeline.cut_back(lengths_)) {
    recorder_.logger().warn(warning);
  }
  recorder_.own_files().continue_with(lengths_);
  rewrite_params(here);
  note_resume(run->console_log());
  recorder_.open(std::move(run));
}

// params.yaml is what the run is trained with from now on; what it was until
// here stays beside it.
void Beginning::rewrite_params(const Fingerprint& here) const {
  if (here.params == trained_params_) return;
  fs::path file = run_->path / "params.yaml";
  fs::path earlier =
      run_->path / (length_in(here.params).counts_steps()
                        ? fmt::format("params-until-step-{}.yaml", step_)
                        : fmt::format("params-until-epoch-{}.yaml", epoch_));
  if (!fs::exists(earlier)) {
    write_file_atomic(earlier, read_file(file));
  }
  write_file_atomic(file, run_yaml(params_, length_in(here.params)));
}

Checkpoint Beginning::release() {
  Checkpoint released = std::move(*checkpoint_);
  checkpoint_.reset();
  return released;
}

void Beginning::note_loaded(const Checkpoint& loaded) {
  epoch_ = loaded.epoch();
  random_ = loaded.random().clone();
}

void Beginning::restore_random(RndManager& rnd) {
  if (random_.is_null()) return;
  rnd.load_state(random_, CudaGenerators::kCommon);
  random_ = State();
}

}  // namespace thexp
