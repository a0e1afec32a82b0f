#pragma once

#include <exception>
#include <memory>
#include <optional>

#include "thexp/trainer/trainer.h"

namespace thexp {

/// What a program's main() ends with.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,         ///< an exception ended the run, or a drill failed
  kExitUsage = 2,          ///< cannot begin: wrong command line or file, no
                           ///< such device, no run to resume
  kExitInterrupted = 130,  ///< SIGINT: the step was finished, all was saved
  kExitTerminated = 143,   ///< SIGTERM: likewise
  kExitRequeue = 75        ///< EX_TEMPFAIL: start me again. After max_time, and
                           ///< Trainer::interrupt() without a signal
};

/// Reads the command line into `params`, makes the trainer, and runs the
/// phase that `--phase` names. Prints help to stdout and errors to stderr.
/// `source` is the file of main(), see set_main_source().
int run_program(TrainerParams& params,
                const TrainerFactory& make_trainer,
                int argc,
                const char* const* argv,
                const char* source = "");

namespace detail {
/// What run() ends with when the parameters cannot be made, as their
/// declarations do not fit. Prints why, and, if --help was asked for, what
/// names are taken.
int refuse_declarations(const std::exception& error,
                        int argc,
                        const char* const* argv);
}  // namespace detail

/// The whole main() of a training program:
///
///     int main(int argc, char** argv) {
///       return thexp::run<MnistTrainer, MnistParams>(argc, argv);
///     }
template <typename TrainerType, typename ParamsType = TrainerParams>
int run(int argc, char** argv, const char* source = __builtin_FILE()) {
  std::optional<ParamsType> params;
  try {
    params.emplace();
  } catch (const std::exception& error) {
    return detail::refuse_declarations(error, argc, argv);
  }
  auto make_trainer = [&params]() -> std::unique_ptr<Trainer> {
    return std::make_unique<TrainerType>(*params);
  };
  return run_program(*params, make_trainer, argc, argv, source);
}

}  // namespace thexp
