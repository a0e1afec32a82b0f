#include "thexp/drill/drill.h"

#include "flawed_trainer.h"
// Catch comes after LibTorch.
#include "catch.h"
#include "process.h"
#include "temp_dir.h"

namespace {

using thexp::DrillReport;
using thexp::DrillResult;
using thexp::DrillVerdict;
using thexp_test::FlawedTrainer;
using thexp_test::FlawParams;
using thexp_test::TempDir;

DrillReport drill_of(const std::string& flaw) {
  FlawParams params;
  params.flaw = flaw;
  return thexp::drill<FlawedTrainer>(params);
}

// The exercises that do not pass, joined by commas.
std::string troubles(const DrillReport& report) {
  std::string names;
  for (const DrillResult& result : report.results) {
    if (result.verdict == DrillVerdict::kPass) continue;
    names += (names.empty() ? "" : ", ") + result.name + ": " +
             thexp::verdict_word(result.verdict);
  }
  return names;
}

// A drill of one flaw: what is found, and a part of what is said about it.
void check_flaw(const std::string& flaw,
                const std::string& found,
                const std::string& exercise,
                const std::string& said) {
  DrillReport report = drill_of(flaw);
  INFO(flaw << "\n" << report.to_string());
  CHECK(troubles(report) == found);
  const DrillResult& result = report.at(exercise);
  CHECK_CONTAINS(result.reason + " -> " + result.hint, said);
}

// Every trainer without a NaN policy gets this warning.
const std::string kNan = "NaN: WARN";

TEST_CASE("a sound trainer passes, its NaN aside") {
  DrillReport report = drill_of("none");
  INFO(report.to_string());
  CHECK(report.passed());
  CHECK(troubles(report) == kNan);
  CHECK(report.results.size() == 9);
  CHECK(report.at("kill and resume").reason ==
        "abandoned after step 7, resumed at step 6: bit for bit the same at "
        "step 10");
  CHECK(report.at("repeat").reason ==
        "two trainings agree bit for bit (0 and 2 workers)");
  CHECK(report.at("gradients").reason ==
        "all 4 trainable parameters get theirs, cleared between batches");
  CHECK_CONTAINS(report.at("NaN").reason,
                 "step 3 reports loss = nan and training goes on: 4 of 4 "
                 "tensors are not finite (net.weight, net.bias, head.weight "
                 "and 1 more)");
}

TEST_CASE("sparse gradients are gradients") {
  DrillReport report = drill_of("sparse");
  INFO(report.to_string());
  CHECK(troubles(report) == "NaN: WARN");
  CHECK(report.at("gradients").reason ==
        "all 5 trainable parameters get theirs, cleared between batches");
}

TEST_CASE("a member outside of the checkpoint is found by resuming") {
  check_flaw("counter", "kill and resume: FAIL, " + kNan, "kill and resume",
             "step 7 gets the same batch, but loss is ");
  check_flaw("counter", "kill and resume: FAIL, " + kNan, "kill and resume",
             "keep(\"name\", member)");
  check_flaw("kept", kNan, "kill and resume", "bit for bit the same");
  check_flaw("batch_counter",
             "overfit a batch: WARN, kill and resume: FAIL, " + kNan,
             "kill and resume", "step 9 gets the same batch");
}

TEST_CASE("randomness that no seed governs is found by repeating") {
  check_flaw("std_rand", "repeat: FAIL, kill and resume: FAIL, " + kNan,
             "repeat", "step 1 gets the same batch, but loss is ");
  check_flaw("std_rand", "repeat: FAIL, kill and resume: FAIL, " + kNan,
             "repeat", "not from std::rand");
  check_flaw("random_data",
             "evaluation: WARN, repeat: FAIL, kill and resume: FAIL, " + kNan,
             "repeat", "differs: step 1 gets another batch");
}

TEST_CASE("a metric that is a time is told apart from weights that differ") {
  check_flaw("clock", "repeat: WARN, " + kNan, "repeat",
             "weights agree bit for bit, but metrics do not: ticks");
}

TEST_CASE("weights that cannot learn are named") {
  check_flaw("lr_0", "gradients: FAIL, overfit a batch: FAIL, NaN: WARN",
             "gradients", "no weight changed in 10 steps");
  check_flaw("unused", "gradients: FAIL, " + kNan, "gradients",
             "2 of 6 trainable parameters never get a gradient: spare.weight, "
             "spare.bias");
  check_flaw("forgotten", "gradients: FAIL, " + kNan, "gradients",
             "2 of 4 trainable parameters are in no optimizer: head.weight, "
             "head.bias");
}

TEST_CASE("a detached loss learns nothing, and shows no NaN in the weights") {
  check_flaw("detached", "gradients: FAIL, overfit a batch: FAIL",
             "overfit a batch", "the loss of a single batch should fall");
}

TEST_CASE("gradients that are not cleared are named") {
  check_flaw("no_zero_grad", "gradients: FAIL, kill and resume: FAIL, " + kNan,
             "gradients",
             "gradients of one batch are added to those of the next");
}

TEST_CASE("the same order in each epoch is worth a warning") {
  check_flaw("no_shuffle", "shuffling: WARN, " + kNan, "shuffling",
             "epochs 1 and 2 have the same batches in the same order");
}

TEST_CASE("batches without data are not to be shuffled") {
  DrillResult result = drill_of("no_data").at("shuffling");
  CHECK(result.verdict == DrillVerdict::kSkip);
  CHECK(result.hint == "");
}

TEST_CASE("a loss is found by its fall, whatever it is called") {
  DrillResult found = drill_of("other_name").at("overfit a batch");
  CHECK(found.verdict == DrillVerdict::kPass);
  CHECK_CONTAINS(found.reason, "nll went from ");
  DrillResult none = drill_of("no_loss").at("overfit a batch");
  CHECK(none.verdict == DrillVerdict::kSkip);
  CHECK_CONTAINS(none.reason, "no metric is called loss, and none falls: acc");
}

TEST_CASE("an evaluation that leaves traces is found") {
  check_flaw("eval_trains", "evaluation: FAIL, " + kNan, "evaluation",
             "it changes net/weight: ");
  check_flaw("eval_random",
             "evaluation: WARN, repeat: FAIL, kill and resume: FAIL, " + kNan,
             "evaluation",
             "two evaluations of the same weights differ: loss is ");
  check_flaw("left_in_eval", "evaluation: FAIL, " + kNan, "evaluation",
             "modules are in another mode");
}

TEST_CASE("state that does not come back is found by loading it") {
  check_flaw("callback", "save and load: FAIL, kill and resume: FAIL, " + kNan,
             "save and load",
             "thexp/callbacks/LossyCallback/value: integer 13, integer 3");
}

TEST_CASE("a NaN must stop training, be skipped, or at least be reported") {
  check_flaw("stops_at_nan", "", "NaN",
             "training stops: the loss is nan in step 3");
  check_flaw("nan_policy", "", "NaN",
             "weights stay finite; the log says: the gradients of optimizer "
             "'optim' are not finite (norm nan) in step 2 of epoch 1");
  check_flaw("nan_norm", "", "NaN", "weights stay finite");
  check_flaw("warns_of_nan", "NaN: FAIL", "NaN",
             "the log says \"the loss is nan\", yet 4 of 4 tensors");
  check_flaw("hidden_nan", "NaN: FAIL", "NaN", "nobody notices");
}

TEST_CASE("after a training that throws, nothing else is tried") {
  DrillReport report = drill_of("throws");
  CHECK_FALSE(report.passed());
  CHECK(report.at("train").reason == "no such pixel");
  CHECK(report.at("kill and resume").verdict == DrillVerdict::kSkip);
}

TEST_CASE("what no checkpoint would carry does not begin to train") {
  DrillReport report = drill_of("unregistered");
  CHECK_CONTAINS(report.at("train").reason,
                 "optimizer 'optim' trains what no checkpoint would carry (2 "
                 "of its parameters");
}

TEST_CASE("an exercise that the time does not allow does not pass") {
  FlawParams params;
  DrillReport report =
      thexp::drill<FlawedTrainer>(params, thexp::DrillOptions().seconds(0));
  CHECK_FALSE(report.passed());
  for (const DrillResult& result : report.results) {
    CHECK(result.verdict == DrillVerdict::kTimeout);
  }
  CHECK_THROWS_AS(
      thexp::drill<FlawedTrainer>(params, thexp::DrillOptions().seconds(-1)),
      thexp::UsageError);
}

TEST_CASE("a drill leaves parameters and random numbers as they were") {
  FlawParams params;
  params.workspace = "not/made";
  at::manual_seed(5);
  at::Tensor expected = torch::rand({3});
  at::manual_seed(5);
  thexp::drill<FlawedTrainer>(params);
  CHECK(torch::equal(torch::rand({3}), expected));
  CHECK_FALSE(params.is_frozen());
  CHECK_FALSE(thexp::fs::exists("not/made"));
}

TEST_CASE("results are given as they come, and found by name") {
  std::vector<std::string> seen;
  FlawParams params;
  DrillReport report = thexp::drill<FlawedTrainer>(
      params,
      thexp::DrillOptions()
          .on_begin([&](const std::string& name) { seen.push_back(name); })
          .on_result([&](const DrillResult& result) {
            CHECK(result.name == seen.back());
          }));
  CHECK(seen.size() == report.results.size());
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>([&] { report.at("resume"); }),
      "there are: train, gradients");
}

TEST_CASE("a result is a paragraph of at most 80 columns") {
  DrillResult result{"repeat", DrillVerdict::kFail,
                     "the loss\nis 1 instead of 2, and so it goes on for more "
                     "than a line",
                     "take another", 0};
  CHECK(thexp::to_string(result) ==
        "  FAIL  repeat           the loss is 1 instead of 2, and so it goes "
        "on for more\n"
        "                         than a line\n"
        "                         -> take another");
}

// --- the program
// --------------------------------------------------------------

// Its temporary files lie in `dir`/tmp.
thexp_test::Finished run_program(const TempDir& dir,
                                 const std::string& arguments) {
  return thexp_test::run_shell(
      "mkdir -p tmp; OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "
      "TMPDIR=$PWD/tmp " DRILL_PROGRAM " " +
          arguments,
      dir.path());
}

bool is_clean(const TempDir& dir) {
  return thexp::fs::is_empty(dir / "tmp") && !thexp::fs::exists(dir / "runs");
}

TEST_CASE("--drill kills a process, and leaves no file") {
  TempDir dir;
  auto done = run_program(dir, "--drill");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output,
                 "  PASS  kill and resume  killed (SIGKILL) after step 7, "
                 "resumed at step 6: bit");
  CHECK_CONTAINS(done.output, "8 PASS, 1 WARN in ");
  CHECK_FALSE(thexp_test::contains(done.output, "\033"));
  CHECK(is_clean(dir));
}

TEST_CASE("--drill of a flawed training ends with 1 and the reason") {
  TempDir dir;
  auto done = run_program(dir, "--drill --flaw=counter");
  INFO(done.output);
  CHECK(done.exit_code == 1);
  CHECK_CONTAINS(done.output, "  FAIL  kill and resume  killed (SIGKILL)");
  CHECK_CONTAINS(done.output, "7 gets the same batch");
  CHECK(is_clean(dir));
}

TEST_CASE("--drill outlives a training that crashes or hangs") {
  TempDir dir;
  auto crashed = run_program(dir, "--drill --flaw=crash");
  INFO(crashed.output);
  CHECK(crashed.exit_code == 1);
  CHECK_CONTAINS(crashed.output, "signal 6 (Aborted) after step 1");
  auto hung = run_program(dir, "--drill=2 --flaw=hang");
  INFO(hung.output);
  CHECK(hung.exit_code == 1);
  CHECK_CONTAINS(hung.output, "9 TIME in ");
  CHECK(is_clean(dir));
}

TEST_CASE("--help shows --drill") {
  TempDir dir;
  CHECK_CONTAINS(run_program(dir, "--help").output, "--drill[=REAL]");
}

}  // namespace
