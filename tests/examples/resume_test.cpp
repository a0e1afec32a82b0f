#include "catch.h"
#include "example.h"
#include "thexp/base/file.h"

namespace {

using thexp::fs::path;
using thexp_test::only_run;
using thexp_test::run_shell;
using thexp_test::TempDir;

const std::string kTraining =
    thexp_test::example_command("mnist") +
    "--model=cnn --epoch=3 --limit_train_batches=60 "
    "--data.workers=2 --data.augment --accumulate=2 --ema=0.99 --patience=2 "
    "--checkpoint.every_steps=5 --auto_resume";

// Sends SIGKILL as soon as `count` checkpoints were written.
void kill_after(const TempDir& dir, int count) {
  run_shell(
      kTraining +
          " >/dev/null 2>&1 & pid=$!; "
          "until [ \"$(cat runs/mnist/*/checkpoints/*.json 2>/dev/null | "
          "grep -o '\"sequence\": *[0-9]*' | grep -o '[0-9]*$' | sort -n | "
          "tail -n 1 || echo 0)\" -ge " +
          std::to_string(count) +
          " ] 2>/dev/null || ! kill -0 $pid 2>/dev/null; do sleep 0.02; "
          "done; kill -9 $pid; wait $pid",
      dir.path());
}

// What TensorBoard would show of the run.
std::string event_values(const TempDir& dir) {
  auto finished = run_shell("python3 " THEXP_SOURCE_DIR
                            "/tests/support/event_files.py . --values",
                            only_run(dir));
  INFO(finished.output);
  REQUIRE(finished.exit_code == 0);
  return finished.output;
}

TEST_CASE(
    "G3 a run that was killed twice equals an undisturbed one, byte for byte") {
  TempDir peace, killed;
  REQUIRE(run_shell(kTraining, peace.path()).exit_code == 0);
  kill_after(killed, 4);
  kill_after(killed, 17);
  CHECK_CONTAINS(thexp::read_file(only_run(killed) / "run.json"),
                 "\"running\"");
  auto last = run_shell(kTraining, killed.path());
  INFO(last.output);
  CHECK(last.exit_code == 0);
  CHECK_CONTAINS(last.output, " | resume | ");
  CHECK(event_values(peace) == event_values(killed));
  for (const char* file : {"models/net.pt", "metrics.jsonl"}) {
    INFO(file);
    CHECK((thexp::read_file(only_run(peace) / file) ==
           thexp::read_file(only_run(killed) / file)));
  }
}

TEST_CASE("G3 a finished run says so") {
  TempDir dir;
  std::string flags = "--epoch=1 --auto_resume";
  REQUIRE(thexp_test::run_example(dir, "quickstart", flags).exit_code == 0);
  auto again = thexp_test::run_example(dir, "quickstart", flags);
  CHECK(again.exit_code == 0);
  CHECK_CONTAINS(again.output, "| complete |");
  CHECK_CONTAINS(again.output, "1 of 1 epoch, step");
}

}  // namespace
