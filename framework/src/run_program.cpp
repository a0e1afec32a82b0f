#include "thexp/framework/run_program.h"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>

#include "thexp/base/error.h"
#include "thexp/framework/interrupts.h"

namespace thexp {
namespace {

std::string base_name(const char* path) {
  std::string_view whole = path;
  return std::string(whole.substr(whole.rfind('/') + 1));
}

// An evaluation alone is of a run's newest checkpoint.
void check_phase(const TrainerParams& params) {
  bool has_weights = !params.resume.get().empty() || *params.auto_resume;
  if (*params.phase == "train" || has_weights) return;
  throw UsageError(fmt::format(
      "--phase={0} evaluates trained weights: say whose with --resume (the "
      "newest run) or --resume=RUN",
      *params.phase));
}

int run_phase(Trainer& trainer, const std::string& phase) {
  if (phase == "eval") {
    trainer.eval();
  } else if (phase == "test") {
    trainer.test();
  } else {
    trainer.train();
  }
  trainer.finish();
  return trainer.interrupted() ? 128 + noted_interrupt() : kExitDone;
}

int fail(const char* program, const std::string& message, int code) {
  fmt::print(stderr, "{}: {}\n", program, message);
  return code;
}

}  // namespace

int run_program(TrainerParams& params,
                const TrainerFactory& make_trainer,
                int argc,
                const char* const* argv) {
  std::string program = argc > 0 ? base_name(argv[0]) : "program";
  try {
    CommandLine command = params.parse_args(argc, argv);
    if (command.help) {
      fmt::print("{}", params.help_text(program));
      return kExitDone;
    }
    if (command.print_params) {
      fmt::print("{}", params.to_yaml());
      return kExitDone;
    }
  } catch (const ParamError& error) {
    return fail(program.c_str(),
                fmt::format("{}\n(--help lists all parameters)", error.what()),
                kExitUsage);
  }
  clear_interrupt();
  try {
    check_phase(params);
    std::unique_ptr<Trainer> trainer = make_trainer();
    return run_phase(*trainer, *params.phase);
  } catch (const std::exception& error) {
    return fail(program.c_str(), error.what(), kExitFailed);
  }
}

}  // namespace thexp
