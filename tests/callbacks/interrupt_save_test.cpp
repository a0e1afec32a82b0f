#include "thexp/callbacks/interrupt_save.h"

#include <signal.h>

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/base/process.h"
#include "thexp/callbacks/eval_callback.h"
#include "thexp/callbacks/record_callback.h"
#include "thexp/tracking/workspace.h"

namespace {

namespace fs = thexp::fs;
using thexp::InterruptSave;
using thexp::ProcessEnd;
using thexp::ProcessOptions;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// interrupt_program, its standard output in a pipe.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments)
      : process_(options(std::move(arguments))) {}

  // Reads its lines up to this one.
  void wait_for(const std::string& line) {
    while (auto said = process_.read_line()) {
      said_ += *said + "\n";
      if (*said == line) return;
    }
    FAIL("the program ended without '" << line << "' after:\n" << said_);
  }

  void send(int signal_number) { process_.send(signal_number); }

  // How it ended by itself.
  ProcessEnd wait() {
    said_ += process_.read_all();
    return process_.wait();
  }

  const std::string& said() const { return said_; }

 private:
  static ProcessOptions options(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), INTERRUPT_PROGRAM);
    return ProcessOptions(std::move(arguments)).pipe_output(true);
  }

  thexp::Process process_;
  std::string said_;
};

std::vector<std::string> arguments(const TempDir& dir) {
  return {"--workspace=" + dir.path().string(), "--exp_name=interrupted",
          "--device=cpu", "--threads=1", "--log.console=false"};
}

fs::path only_run(const TempDir& dir) {
  fs::path run;
  for (const auto& entry : fs::directory_iterator(dir / "interrupted")) {
    CHECK(run.empty());
    run = entry.path();
  }
  return run;
}

// The step of the newest checkpoint.
int64_t saved_step(const fs::path& run) {
  auto latest = thexp::Saver(run).load_latest();
  REQUIRE(latest);
  return latest->state.at_path({"thexp", "progress", "step"}).as_integer();
}

void check_interrupted(int signal_number,
                       int exit_code,
                       const std::string& name) {
  TempDir dir;
  Program program(arguments(dir));
  program.wait_for("waiting 2");
  program.send(signal_number);
  ProcessEnd end = program.wait();
  CHECK(end.signal == 0);
  CHECK(end.exit_code == exit_code);
  CHECK_CONTAINS(program.said(), "finished 2\n");
  CHECK_FALSE(thexp_test::contains(program.said(), "finished 3"));
  // Who interrupts does not wait for an evaluation.
  CHECK_FALSE(thexp_test::contains(program.said(), "evaluated"));
  fs::path run = only_run(dir);
  CHECK(saved_step(run) == 3);
  CHECK_CONTAINS(thexp::read_file(run / "run.json"), "\"interrupted\"");
  std::string log = thexp::read_file(run / "console.log");
  CHECK_CONTAINS(log, "train stopped | 0 epochs, 3 steps in");
  CHECK_CONTAINS(log, " | " + name + "\n");
  CHECK_CONTAINS(log, "| saved | step 3 | --resume goes on from there\n");
}

TEST_CASE("T20 SIGINT finishes the step, saves and ends with 130") {
  check_interrupted(SIGINT, 130, "SIGINT");
}

TEST_CASE("T20 SIGTERM finishes the step, saves and ends with 143") {
  check_interrupted(SIGTERM, 143, "SIGTERM");
}

TEST_CASE("T20 SIGUSR1 finishes the step, saves and ends with 138") {
  check_interrupted(SIGUSR1, 138, "SIGUSR1");
}

TEST_CASE("T20 a lost terminal, a limit and submitit end training in order") {
  check_interrupted(SIGHUP, 129, "SIGHUP");
  check_interrupted(SIGUSR2, 140, "SIGUSR2");
  check_interrupted(SIGXCPU, 152, "SIGXCPU");
}

TEST_CASE("T20 a signal that the system repeats is no second one") {
  for (int repeated : {SIGHUP, SIGXCPU}) {
    TempDir dir;
    Program program(arguments(dir));
    program.wait_for("waiting 2");
    program.send(repeated);
    program.wait_for("noted 2");
    program.send(repeated);
    CHECK(program.wait().exit_code == 128 + repeated);
  }
}

TEST_CASE("T20 the hang-up that nohup ignores stays ignored") {
  TempDir dir;
  signal(SIGHUP, SIG_IGN);
  Program program(arguments(dir));
  signal(SIGHUP, SIG_DFL);
  program.wait_for("waiting 2");
  program.send(SIGHUP);
  program.send(SIGTERM);
  CHECK(program.wait().exit_code == 143);
}

TEST_CASE("T20 a signal breaks an evaluation off, and the resume repeats it") {
  TempDir dir;
  auto all = arguments(dir);
  all.push_back("--wait_in=-1");
  all.push_back("--epoch=2");
  all.push_back("--wait_in_eval=true");
  Program program(all);
  program.wait_for("evaluating 2");
  program.send(SIGTERM);
  CHECK(program.wait().exit_code == 143);
  CHECK_FALSE(thexp_test::contains(program.said(), "evaluated 2\nevaluated"));
  fs::path run = only_run(dir);
  CHECK(saved_step(run) == 4);
  all.back() = "--resume";
  Program resumed(all);
  CHECK(resumed.wait().exit_code == 0);
  CHECK_CONTAINS(resumed.said(), "evaluated 2\nevaluated 2\n");
  std::string metrics = thexp::read_file(run / "metrics.jsonl");
  CHECK_CONTAINS(metrics, "\"step\":4,\"epoch\":1,\"tag\":\"eval/size\"");
  CHECK_FALSE(thexp_test::contains(metrics, "\"step\":4,\"epoch\":2"));
}

TEST_CASE("T20 the second signal ends the process at once") {
  for (int second : {SIGINT, SIGTERM}) {
    TempDir dir;
    auto all = arguments(dir);
    all.push_back("--hang=true");
    Program program(all);
    program.wait_for("waiting 2");
    program.send(SIGINT);
    program.wait_for("noted 2");
    program.send(second);
    CHECK(program.wait().signal == second);
  }
}

TEST_CASE("an open accumulation window is saved as it is") {
  TempDir dir;
  auto all = arguments(dir);
  all.push_back("--accumulate=3");  // steps 0 to 2, then 3, the epoch's last
  all.push_back("--wait_in=1");
  Program program(all);
  program.wait_for("waiting 1");
  program.send(SIGTERM);
  CHECK(program.wait().exit_code == 143);
  CHECK(saved_step(only_run(dir)) == 2);
}

// Signals in this process, with the system's own handlers instead of Catch's.
class Signals {
 public:
  Signals() {
    for (int i = 0; i < 2; ++i) before_[i] = ::signal(kNumbers[i], SIG_DFL);
    thexp::clear_interrupt();
  }
  ~Signals() {
    for (int i = 0; i < 2; ++i) ::signal(kNumbers[i], before_[i]);
    thexp::clear_interrupt();
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  static bool is_default() {
    struct sigaction current {};
    ::sigaction(SIGINT, nullptr, &current);
    return current.sa_handler == SIG_DFL;
  }

 private:
  static constexpr int kNumbers[] = {SIGINT, SIGTERM};
  void (*before_[2])(int);
};

// Counts the records of a metric.
std::size_t records_of(const std::string& tag, const fs::path& run) {
  std::string metrics = thexp::read_file(run / "metrics.jsonl");
  std::size_t count = 0, at = 0;
  while ((at = metrics.find("\"" + tag + "\"", at)) != std::string::npos) {
    ++count;
    ++at;
  }
  return count;
}

TEST_CASE("T20 an evaluation before the one broken off is recorded once") {
  Signals signals;
  TempDir dir;
  fs::path run;
  for (const char* resume : {"", "latest"}) {
    ToyParams params(dir);
    params.resume = resume;
    ToyTrainer trainer(params);
    trainer.with_test = true;
    trainer.add_callback<thexp::EvalCallback>(1, 1);
    trainer.add_callback<thexp::RecordCallback>();
    trainer.add_callback<InterruptSave>();
    int batches = 0;  // three of the evaluation, then those of the test
    trainer.change_eval_loss = [&](const at::Tensor& loss) {
      if (++batches == 4 && !trainer.resumed()) raise(SIGTERM);
      return loss;
    };
    trainer.train();
    CHECK(trainer.interrupted() == !trainer.resumed());
    trainer.finish();
    run = trainer.run_folder();
    thexp::clear_interrupt();
  }
  CHECK(records_of("eval/loss", run) == 2);
  CHECK(records_of("test/loss", run) == 2);
}

TEST_CASE("a program that interrupts itself is to be started again") {
  TempDir dir;
  auto with_own = arguments(dir);
  with_own.push_back("--own");
  Program program(with_own);
  CHECK(program.wait().exit_code == 75);
  fs::path run = only_run(dir);
  CHECK(saved_step(run) == 3);
  CHECK_CONTAINS(thexp::read_file(run / "console.log"), " | time limit\n");
}

TEST_CASE("an interrupt says when nothing is saved") {
  TempDir dir;
  auto without = arguments(dir);
  without.insert(without.end(), {"--own", "--checkpoint.every=0"});
  Program program(without);
  CHECK(program.wait().exit_code == 75);
  CHECK_CONTAINS(thexp::read_file(only_run(dir) / "console.log"),
                 "WARN | step 3 is not saved\n");
}

TEST_CASE("signals are the program's own again after training") {
  Signals signals;
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<InterruptSave>();
  trainer.on_train_batch = [](const thexp::Batch&) {
    CHECK_FALSE(Signals::is_default());
  };
  trainer.train();
  CHECK(Signals::is_default());
}

TEST_CASE("training again after an exception is interruptible") {
  Signals signals;
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<InterruptSave>();
  trainer.on_train_batch = [](const thexp::Batch&) {
    throw std::runtime_error("boom");
  };
  CHECK_THROWS_AS(trainer.train_steps(1), std::runtime_error);
  ToyParams again(dir);
  ToyTrainer second(again);
  second.add_callback<InterruptSave>();
  second.on_train_batch = [](const thexp::Batch&) {
    REQUIRE_FALSE(Signals::is_default());
    ::raise(SIGINT);
  };
  thexp::TrainResult result = second.train_steps(3);
  CHECK_FALSE(result.completed);
  CHECK_CONTAINS(result.reason, "SIGINT");
}

TEST_CASE(
    "a program that trains a few steps at a time stops at a signal, too") {
  Signals signals;
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params);
  trainer.add_callback<InterruptSave>();
  trainer.on_train_batch = [](const thexp::Batch&) { ::raise(SIGTERM); };
  trainer.train_steps(2);
  CHECK(trainer.progress().step == 1);
  thexp::TrainResult result = trainer.train_steps(2);
  CHECK(trainer.progress().step == 1);
  CHECK_FALSE(result.completed);
  CHECK(result.reason == "SIGTERM");
  CHECK(Signals::is_default());  // the next one ends the program
}

TEST_CASE("an inner guard leaves the outer one's handlers in place") {
  Signals signals;
  thexp::InterruptGuard outer;
  { thexp::InterruptGuard inner; }
  REQUIRE_FALSE(Signals::is_default());
  ::raise(SIGTERM);
  CHECK(thexp::noted_interrupt() == SIGTERM);
}

}  // namespace
