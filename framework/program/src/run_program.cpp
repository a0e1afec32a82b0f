#include "thexp/program/run_program.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "drill_program.h"
#include "thexp/base/error.h"
#include "thexp/drill/drill_in_processes.h"
#include "thexp/state/pt.h"
#include "thexp/tracking/captured_output.h"
#include "thexp/tracking/crash_note.h"
#include "thexp/trainer/error_message.h"
#include "thexp/trainer/interrupts.h"
#include "thexp/trainer/main_source.h"
#include "thexp/trainer/params_of_run.h"
#include "thexp/trainer/phase_data.h"

namespace thexp {
namespace {

std::string program_name(int argc, const char* const* argv) {
  if (argc < 1) return "program";
  std::string_view path = argv[0];
  return std::string(path.substr(path.rfind('/') + 1));
}

std::vector<std::string> arguments(int argc, const char* const* argv) {
  return {argv + std::min(argc, 1), argv + std::max(argc, 0)};
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  return std::any_of(
      arguments.begin(), arguments.end(),
      [](const std::string& each) { return each == "--help" || each == "-h"; });
}

// An evaluation alone is of a run's newest checkpoint.
void check_phase(const TrainerParams& params) {
  bool has_weights = !params.resume.get().empty() || *params.auto_resume ||
                     !params.init_from.get().empty();
  if (*params.phase == "train" || has_weights) return;
  throw UsageError(fmt::format(
      "--phase={0} needs trained weights: say whose with --resume (the "
      "newest run), --resume=RUN or --init.from=FILE",
      *params.phase));
}

// A drill has runs of its own, each from its beginning.
void check_drill(const TrainerParams& params) {
  bool trains = *params.phase == "train";
  if (trains && params.resume.get().empty()) return;
  throw UsageError(fmt::format(
      "--drill tries out a training from its beginning: leave out {}",
      trains ? "--resume" : "--phase=" + *params.phase));
}

// Asked for on the command line, missing data is an error.
void require_data(Trainer& trainer, Phase phase, const char* constant) {
  trainer.setup();
  std::string why = why_no_batches(trainer, phase);
  if (why.empty()) return;
  if (trainer.has_loader(phase)) {
    if (phase == Phase::kPredict) return;  // no rows are a result
    throw UsageError(fmt::format("--phase={}: {}", phase_name(phase), why));
  }
  throw UsageError(
      fmt::format("--phase={}: there is no such data; datasets() adds it with "
                  "add_loader(Phase::{}, ...)",
                  phase_name(phase), constant));
}

void store_predictions(Trainer& trainer) {
  at::Tensor predictions = trainer.predict();
  fs::path file = trainer.run_folder() / "predictions.pt";
  save_pt(file, predictions);
  trainer.logger().info(
      "predictions",
      fmt::format("{} rows in {}", predictions.size(0), file.string()));
}

// What no callback has recorded.
void record(Trainer& trainer, Phase phase, const AvgMeter& average) {
  const Value known = trainer.active_run().metrics().summary();
  for (const auto& [key, value] : average.values()) {
    std::string name = fmt::format("{}/{}", phase_name(phase), key);
    if (known.find(name) == nullptr) trainer.record(name, value);
  }
}

int run_phase(Trainer& trainer, const std::string& phase) {
  if (phase == "eval") {
    require_data(trainer, Phase::kEval, "kEval");
    record(trainer, Phase::kEval, trainer.eval());
  } else if (phase == "test") {
    require_data(trainer, Phase::kTest, "kTest");
    record(trainer, Phase::kTest, trainer.test());
  } else if (phase == "predict") {
    require_data(trainer, Phase::kPredict, "kPredict");
    store_predictions(trainer);
  } else {
    trainer.train();
  }
  trainer.finish();
  if (!trainer.interrupted()) return kExitDone;
  // A callback that interrupts, for a time limit say, is to be started again.
  return noted_interrupt() == 0 ? kExitRequeue : 128 + noted_interrupt();
}

// Whatever ends the phase is in the run's record.
int run_phase_recorded(Trainer& trainer, const std::string& phase) {
  CrashGuard crash;
  try {
    return run_phase(trainer, phase);
  } catch (const std::exception& error) {
    trainer.fail(error);
    throw;
  }
}

int run_drill(double seconds,
              const TrainerFactory& make_trainer,
              const std::vector<std::string>& argv) {
  if (is_drill_process()) {
    perform_drill_session(make_trainer);
    return kExitDone;
  }
  return detail::drill_program(seconds, argv) ? kExitDone : kExitFailed;
}

// Output that cannot be written, to a full disk say, is no success.
int print_out(const std::string& program, const std::string& text) {
  bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return kExitDone;
  fmt::print(
      stderr, "{}: {}\n", program,
      FileError::system("cannot write to", "standard output", errno).what());
  return kExitFailed;
}

// Loads with --config once the comments are filled in.
std::string printed(const TrainerParams& params) {
  std::vector<std::string> missing = params.missing();
  if (missing.empty()) params.validate();
  std::string text = params.to_yaml();
  for (const std::string& key : missing) {
    text += fmt::format("# {}: required, not given\n", key);
  }
  return text;
}

int exit_code(const std::exception& error,
              const Trainer* trainer,
              bool drills) {
  bool wrong_request = dynamic_cast<const UsageError*>(&error) != nullptr ||
                       dynamic_cast<const ParamError*>(&error) != nullptr;
  bool begun = trainer != nullptr && trainer->has_run();
  if (wrong_request && !begun) return kExitUsage;
  bool interrupted = drills && noted_interrupt() != 0;
  return interrupted ? 128 + noted_interrupt() : kExitFailed;
}

// A system without a terminal or pipe left is no reason not to train.
std::unique_ptr<CapturedOutput> capture_output(const TrainerParams& params,
                                               const std::string& program) {
  if (!*params.log_capture) return nullptr;
  try {
    return std::make_unique<CapturedOutput>();
  } catch (const FileError& error) {
    fmt::print(stderr, "{}: --no-log.capture is used: {}\n", program,
               error.what());
    return nullptr;
  }
}

int fail(const std::string& program, const std::string& message, int code) {
  fmt::print(stderr, "{}: {}\n", program, message);
  return code;
}

}  // namespace

namespace detail {

int refuse_declarations(const std::exception& error,
                        int argc,
                        const char* const* argv) {
  std::string program = program_name(argc, argv);
  int code = exit_code(error, nullptr, false);
  if (!asks_for_help(arguments(argc, argv))) {
    const char* hint = "\n(--help lists the names that every trainer has)";
    return fail(program, message_of(error) + hint, code);
  }
  print_out(program, TrainerParams().help_text(program));
  return fail(program, message_of(error), code);
}

}  // namespace detail

int run_program(TrainerParams& params,
                const TrainerFactory& make_trainer,
                int argc,
                const char* const* argv,
                const char* source) {
  std::string program = program_name(argc, argv);
  set_main_source(source);
  try {
    CommandLine command = params.read_args(arguments(argc, argv));
    if (command.help) {
      return print_out(program, params.help_text(program));
    }
    take_missing_from_run(params);
    if (command.print_params) {
      return print_out(program, printed(params));
    }
    params.validate();
  } catch (const ParamError& error) {
    return fail(program,
                fmt::format("{}\n(--help lists all parameters)", error.what()),
                kExitUsage);
  } catch (const std::exception& error) {  // no such run, say
    return fail(program, message_of(error), exit_code(error, nullptr, false));
  }
  clear_interrupt();
  std::unique_ptr<CapturedOutput> captured;
  std::unique_ptr<Trainer> trainer;
  try {
    if (*params.drill > 0) {
      check_drill(params);
      return run_drill(*params.drill, make_trainer, {argv, argv + argc});
    }
    check_phase(params);
    captured = capture_output(params, program);
    trainer = make_trainer();
    return run_phase_recorded(*trainer, *params.phase);
  } catch (const std::exception& error) {
    int code = exit_code(error, trainer.get(), *params.drill > 0);
    std::string message = message_of(error);
    trainer.reset();  // the message comes after all that it has to say
    captured.reset();
    return fail(program, message, code);
  }
}

}  // namespace thexp
