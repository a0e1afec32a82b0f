// Runs of a program without a Trainer, and without LibTorch: its files, values
// and code are recorded, and found again. It fits y = 3x - 1 by hand.
//
//   ./experiment_alone --lr=0.1     one run
//   ./experiment_alone --best       the runs so far, the best first
#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include "thexp/base/error.h"
#include "thexp/experiments/find_file.h"
#include "thexp/experiments/query.h"
#include "thexp/params/params.h"
#include "thexp/snapshot/snapshot.h"
#include "thexp/tracking/logger.h"
#include "thexp/tracking/run.h"

namespace fs = std::filesystem;

struct FitParams : thexp::Params {
  thexp::Param<double> lr{this, "lr", 0.1, "learning rate",
                          thexp::between(0.0, 1.0)};
  thexp::Param<int64_t> steps{this, "steps", 100, "steps of gradient descent"};
  thexp::Param<bool> code{this, "code", true, "keep a snapshot of the code"};
  thexp::Param<bool> best{this, "best", false, "list the runs instead"};
};

constexpr const char* kExperiment = "line";

struct Line {
  double slope = 0, offset = 0;

  // One step of gradient descent on the mean squared error over x in [-1, 1];
  // returns the error before it.
  double descend(double lr) {
    double error = 0, by_slope = 0, by_offset = 0;
    constexpr int kPoints = 21;
    for (int i = 0; i < kPoints; ++i) {
      double x = -1 + 0.1 * i;
      double miss = slope * x + offset - (3 * x - 1);
      error += miss * miss / kPoints;
      by_slope += 2 * miss * x / kPoints;
      by_offset += 2 * miss / kPoints;
    }
    slope -= lr * by_slope;
    offset -= lr * by_offset;
    return error;
  }
};

// The code as it is now: a commit beside the user's branches, or a copy.
void record_code(thexp::Run& run) {
  fs::path workspace = run.path().parent_path().parent_path();
  thexp::Snapshot code =
      thexp::take_snapshot(thexp::SnapshotOptions()
                               .source(__FILE__)
                               .name(run.experiment() + "/" + run.id())
                               .store(workspace / ".code")
                               .leave_out(workspace));
  run.set_code(code.to_value());
}

void fit(const FitParams& params, int argc, char** argv) {
  auto run = thexp::Run::create(thexp::RunOptions()
                                    .experiment(kExperiment)
                                    .argv({argv, argv + argc})
                                    .description("a line, fitted by hand"));
  run->set_params(params.to_value());
  run->write_params(params.to_yaml());
  if (*params.code) record_code(*run);
  fs::path results = run->watch("results", {".txt"});
  thexp::Logger logger;
  logger.add_file(run->console_log());

  Line line;
  for (int64_t step = 1; step <= *params.steps; ++step) {
    double error = line.descend(*params.lr);
    run->metrics().record("train/error", error, step, 0);
  }
  std::ofstream(results / "line.txt")
      << line.slope << " " << line.offset << "\n";
  run->metrics().record("line", thexp::Value::List{line.slope, line.offset},
                        *params.steps, 0);
  logger.info("fit",
              fmt::format("y = {:.3f} x + {:.3f}", line.slope, line.offset));
  logger.flush();
  run->finish();
}

// What `thexp ls line --sort train/error` and `thexp find` show.
void list_runs() {
  auto runs = thexp::Query().experiment(kExperiment).sort("train/error").runs();
  for (const thexp::RunRecord& run : runs) {
    std::cout << run.experiment << "/" << run.number
              << "  lr=" << run.params().at("lr").to_json() << "  error="
              << run.metrics().at("train/error").at("value").to_json() << "\n";
  }
  fs::path file = runs.at(0).path / "results" / "line.txt";
  for (const auto& made : thexp::find_file(file, {runs.at(0).path})) {
    std::cout << "the best line is in " << made.path.string() << ", "
              << thexp::file_state_name(made.file.state) << " by that run\n";
  }
}

int main(int argc, char** argv) {
  FitParams params;
  try {
    thexp::CommandLine command = params.parse_args(argc, argv);
    if (command.help) {
      std::cout << params.help_text("experiment_alone");
    } else if (*params.best) {
      list_runs();
    } else {
      fit(params, argc, argv);
    }
  } catch (const thexp::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
