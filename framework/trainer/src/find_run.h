#pragma once

#include <optional>
#include <string>

#include "thexp/base/file.h"
#include "thexp/state/state.h"
#include "thexp/tracking/run_record.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// Where new runs go: exp_name, else the program's name.
std::string experiment_of(const TrainerParams& params);

/// The run that `--resume` or `auto_resume` asks to continue; nothing when a
/// new one is to begin. @throws UsageError when --resume finds none.
std::optional<RunRecord> find_run_to_continue(const TrainerParams& params,
                                              const std::string& experiment);

struct CheckpointFile {
  fs::path path;
  State state;
};

/// The checkpoint that `--resume=FILE.pt`, `--resume=best`,
/// `--resume=RUN:best`, or RUN of another workspace names, for a new run to
/// begin with. Nothing when it names none. @throws UsageError beside
/// auto_resume, for a file that is not a Trainer's, and for a run without a
/// best checkpoint; FormatError for a damaged one.
std::optional<CheckpointFile> load_file_to_begin_from(
    const TrainerParams& params, const std::string& experiment);

}  // namespace thexp
