#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint.h"
#include "fingerprint.h"
#include "run_recorder.h"
#include "thexp/base/file.h"
#include "thexp/state/rnd_manager.h"
#include "thexp/state/saver.h"
#include "thexp/tracking/run_record.h"
#include "thexp/trainer/run_plan.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// How a run begins: fresh, as the continuation of a run, or as a new run with
/// another one's checkpoint (a fork). A run that is continued is not touched
/// before everything is known to fit.
class Beginning {
 public:
  Beginning(TrainerParams& params, RunRecorder& recorder)
      : params_(params), recorder_(recorder) {}

  // In the order of set-up.

  /// Finds what the parameters ask for, and loads its checkpoint. What is not
  /// given here is as it was there.
  void find();
  /// Gives `here` the seed, and the plan the epochs, of the run that goes on.
  /// @throws UsageError for what has changed and may not.
  void adapt_and_check(Fingerprint& here, RunPlan& plan);
  void check_data(const Value& here) const;
  /// Makes the folder of a new run.
  void create_run(const RunPlan& plan, const Fingerprint& here);
  /// Says where a run that is continued goes on.
  void say_resume(const RunPlan& plan) const { say(run_->path, plan); }
  /// What training goes on with; null: with weights of its own.
  const Checkpoint* checkpoint() const {
    return checkpoint_ ? &*checkpoint_ : nullptr;
  }
  /// The run has trained to its end, and nothing more is asked for: it is not
  /// written to before something is recorded.
  bool is_over() const { return is_over_; }
  const fs::path& folder() const { return run_->path; }
  /// From here on this process writes to the run that it continues.
  void take_over(const Fingerprint& here);
  /// The checkpoint was loaded, and is let go.
  Checkpoint release();

  /// True for a run that another process began.
  bool continues() const { return run_.has_value(); }

  /// The finished epochs that training began with.
  int64_t epoch() const { return epoch_; }

  /// A state was loaded: its random numbers are those of the next batch,
  /// whatever is drawn until then.
  void note_loaded(const Checkpoint& loaded);
  /// True between that and restore_random().
  bool awaits_first_step() const { return !random_.is_null(); }
  void restore_random(RndManager& rnd);

 private:
  void load_checkpoint_of_run();
  void wait_for_heartbeat();
  void take_params(const Value& trained);
  void note_rebuilt(const Fingerprint& saved, const Fingerprint& here);
  void go_on_after(const Value& trained, bool changed, RunPlan& plan);
  void require_not_beyond(const Until& until) const;
  Progress finished() const;
  void rewrite_params(const Fingerprint& here) const;
  void say(const fs::path& from, const RunPlan& plan) const;
  void warn_of_other_machine(const RunPlan& plan) const;
  void say_over(const RunPlan& plan) const;
  std::string position(const RunPlan& plan) const;
  void note_resume(const fs::path& log) const;
  fs::path source() const { return run_ ? run_->path : file_; }
  void compare(const std::string& word,
               const Value& saved,
               const Value& now) const;
  void require_newest() const;
  bool trains() const { return *params_.phase == "train"; }

  TrainerParams& params_;
  RunRecorder& recorder_;
  std::optional<RunRecord> run_;          // to continue
  fs::path file_;                         // to begin with, where it is a fork
  std::optional<Checkpoint> checkpoint_;  // until a state is loaded
  Value lengths_;                         // of the run's files, there
  Value trained_params_;                  // of the run until now
  Value rebuilt_;                         // the programs; null: the same one
  bool has_trained_ = false;              // to the end
  bool is_over_ = false;
  int64_t sequence_ = -1;             // of the checkpoint, in its run
  std::vector<SkippedFile> damaged_;  // newer ones of that run
  int64_t epoch_ = 0;
  int64_t step_ = 0;  // of the checkpoint
  State random_;      // until the first batch after a load
};

}  // namespace thexp
