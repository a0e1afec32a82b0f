#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <string>

#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/state/state.h"
#include "thexp/tracking/run_record.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// The run that `--resume` or `auto_resume` asks to continue; nothing when a
/// new one is to begin. @throws UsageError when --resume finds none.
std::optional<RunRecord> run_to_continue(const TrainerParams& params,
                                         const std::string& experiment);

/// The checkpoint that `--resume=FILE` names, for a new run to begin with.
/// Nothing when it names none. @throws UsageError beside auto_resume, and for
/// a file that is none of a Trainer's; FormatError for a damaged one.
std::optional<State> file_to_begin_from(const TrainerParams& params);

/// What must not change for a run to be the same: the parameters (but for
/// those that say where and how it runs), and the program with its LibTorch.
Value params_fingerprint(const TrainerParams& params);
std::string code_fingerprint();

/// The parameters as a continuation of `saved` has them: with more_epochs,
/// the epochs that were wanted before do not count; a seed that is to be drawn
/// was drawn there.
Value params_to_compare(const TrainerParams& params, const Value& saved);

/// What computes. How many CUDA devices there are matters to a run on one:
/// each has a random generator.
Value device_fingerprint(c10::Device device);

/// One line for each key whose values differ: "optim.lr: 0.1 -> 0.2".
std::vector<std::string> differences(const Value& saved, const Value& now);

/// What `--allow=params,data,code,device` allows to differ of `origin`, the run
/// or the checkpoint to go on with.
class Allowance {
 public:
  /// @throws UsageError for any other word.
  Allowance(const std::string& words, std::string origin);

  /// Compares one of the fingerprints. @throws UsageError with the differences
  /// and the --allow that would let them pass.
  void check(const std::string& word,
             const Value& saved,
             const Value& now) const;

 private:
  std::vector<std::string> words_;
  std::string origin_;
};

/// How long the run's append-only files were when a checkpoint was taken; -1
/// for a log of which not everything was written.
Value file_lengths(const fs::path& run, bool log_is_whole);

/// Waits until those lengths are on the disk. @throws FileError
void sync_files(const fs::path& run);

/// A checkpoint may come from anybody. @throws FormatError where it has lengths
/// of files outside of its run's folder.
void require_own_files(const fs::path& checkpoint, const Value& lengths);

/// Cuts those files back to that length, and removes the event files that were
/// begun later: what was written after the checkpoint happens again. Returns
/// warnings about files that are shorter than that.
std::vector<std::string> cut_files(const fs::path& run, const Value& lengths);

}  // namespace thexp
