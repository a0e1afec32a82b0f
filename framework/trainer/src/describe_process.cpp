#include "describe_process.h"

#include <utility>

#include "environment.h"
#include "hardware.h"

namespace thexp {

void describe_process(const TrainerParams& params, RunOptions& options) {
  Value::List gpus;
  for (std::string& name : gpu_names()) gpus.push_back(std::move(name));
  options.argv(command_line())
      .tensorboard(*params.log_tensorboard)
      .versions({{"libtorch", libtorch_version()}, {"blas", blas_version()}})
      .hardware({{"gpus", std::move(gpus)}})
      .environment(*params.record_environment);
}

}  // namespace thexp
