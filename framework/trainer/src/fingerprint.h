#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

#include "thexp/base/value.h"
#include "thexp/trainer/trainer_params.h"

namespace thexp {

/// What must not change for a run to be the same. Checkpoints carry it.
struct Fingerprint {
  Value params;
  Value data;
  std::string code;
  Value device;
  std::string hardware;  ///< another one is warned of, and may go on
};

/// The parameters, but for those that say where and how it runs.
Value params_fingerprint(const TrainerParams& params);

/// The parameters as a continuation of `saved` has them: with more_epochs,
/// the epochs that were wanted before do not count; a seed that is to be drawn
/// was drawn there.
Value params_to_compare(const TrainerParams& params, const Value& saved);

/// What computes. How many CUDA devices there are matters to a run on one:
/// each has a random generator.
Value device_fingerprint(c10::Device device);

/// The program, and its LibTorch.
std::string code_fingerprint();

/// One line for each key whose values differ: "optim.lr: 0.1 -> 0.2".
std::vector<std::string> differences(const Value& saved, const Value& now);

}  // namespace thexp
