#pragma once

#include <string>
#include <thread>
#include <vector>

#include "thexp/tracking/run.h"
#include "thexp/tracking/run_record.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// Takes the snapshot of a run's code, on a thread of its own, and has it in
/// run.json. A run that goes on with other code keeps both.
class CodeRecorder {
 public:
  explicit CodeRecorder(Run& run, std::vector<std::string> sources);
  /// Waits for the snapshot.
  ~CodeRecorder();

 private:
  void record(Run& run, const std::vector<std::string>& sources) const;

  const RunRecord before_;
  std::thread thread_;
};

/// Whether runs are to have their code recorded: by the parameters, and not
/// where the environment's THEXP_RECORD_CODE is 0.
bool records_code(const TrainerParams& params);

}  // namespace thexp
