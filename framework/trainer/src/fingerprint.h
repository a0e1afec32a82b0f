#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

#include "thexp/base/value.h"
#include "thexp/trainer/trainer_params.h"
#include "thexp/trainer/until.h"

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

/// The parameters in run.json's tree under their whole names ("optim.lr").
Value flat_params(const TrainerParams& params, const Value& tree);

/// The same of parameters that a checkpoint has: what was compared when it was
/// written need not be compared now.
Value params_fingerprint(const TrainerParams& params, const Value& saved);

/// The parameters as a continuation of `saved` has them: training longer is no
/// change, and a seed that is to be drawn was drawn there.
Value params_to_compare(const TrainerParams& params,
                        const Until& until,
                        const Value& saved);

/// How large the data is. Into what batches it is cut is a parameter; without
/// a known number of examples, the batches are what can be compared.
Value data_to_compare(const Value& data);

/// What computes. How many CUDA devices there are matters to a run on one:
/// each has a random generator.
Value device_fingerprint(c10::Device device);

/// The program, and its LibTorch.
std::string code_fingerprint();

/// One line for each key whose values differ: "optim.lr: 0.1 -> 0.2".
std::vector<std::string> differences(const Value& saved, const Value& now);

}  // namespace thexp
