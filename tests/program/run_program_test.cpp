#include "thexp/program/run_program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "toy_trainer.h"
// LibTorch first: see catch.h.
#include "catch.h"
#include "thexp/base/file.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

// What is written to a file descriptor while this lives.
class Captured {
 public:
  explicit Captured(int fd) : fd_(fd), before_(dup(fd)) {
    std::fflush(nullptr);
    std::string path = (dir_ / "out").string();
    int file = open(path.c_str(), O_CREAT | O_WRONLY, 0600);
    dup2(file, fd_);
    close(file);
  }
  ~Captured() { stop(); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  std::string text() {
    stop();
    return thexp::read_file(dir_ / "out");
  }

 private:
  void stop() {
    if (before_ < 0) return;
    std::fflush(nullptr);
    dup2(before_, fd_);
    close(before_);
    before_ = -1;
  }

  TempDir dir_;
  int fd_;
  int before_;
};

struct Done {
  int code;
  std::string output;
  std::string errors;
};

template <typename Action>
Done captured(Action&& action) {
  Captured output(STDOUT_FILENO), errors(STDERR_FILENO);
  int code = action();
  return {code, output.text(), errors.text()};
}

TEST_CASE("a parameter that is refused before there is a run is wrong usage") {
  thexp::TrainerParams params;
  const char* argv[] = {"program"};
  auto refuse = [&params]() -> std::unique_ptr<thexp::Trainer> {
    params.set("no_such_key", 1);
    return nullptr;
  };
  CHECK(thexp::run_program(params, refuse, 1, argv) == thexp::kExitUsage);
}

// -- Wrong declarations -------------------------------------------------------

struct GroupParams : thexp::TrainerParams {
  thexp::Param<std::string> init{this, "init", "xavier", "how to begin"};
};
struct TwiceParams : thexp::TrainerParams {
  thexp::Param<int64_t> epoch{this, "epoch", 3, "my own epochs"};
};
struct RangeParams : thexp::TrainerParams {
  thexp::Param<double> lr{this, "lr", 20, "rate", thexp::between(0, 10)};
};
struct ReservedParams : thexp::TrainerParams {
  thexp::Param<std::string> config{this, "config", "", "mine"};
};
struct UnknownParams : thexp::TrainerParams {
  UnknownParams() { set("no_such_key", 1); }
};

class AnyTrainer : public thexp::Trainer {
 public:
  explicit AnyTrainer(thexp::TrainerParams& params)
      : Trainer(params, nullptr) {}

 protected:
  void models() override {}
  void datasets() override {}
  thexp::Meter train_batch(const thexp::Batch&,
                           const thexp::Progress&) override {
    return {};
  }
};

template <typename Params>
Done run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return captured([&] {
    return thexp::run<AnyTrainer, Params>(static_cast<int>(argv.size()),
                                          argv.data());
  });
}

TEST_CASE("a wrong declaration is answered with both, and with code 2") {
  Done done = run<GroupParams>({"bin/mine", "--lr=3"});
  CHECK(done.code == thexp::kExitUsage);
  CHECK(done.output.empty());
  CHECK_CONTAINS(done.errors,
                 "mine: cannot declare the parameter \"init\" (how to begin): "
                 "\"init.from\" (a fresh run starts from these weights");
  CHECK_CONTAINS(done.errors, "--help lists the names");
  CHECK_CONTAINS(run<TwiceParams>({"mine"}).errors, "is declared already");
  CHECK_CONTAINS(run<RangeParams>({"mine"}).errors, "between 0 and 10");
  CHECK_CONTAINS(run<ReservedParams>({"mine"}).errors, "is reserved");
  CHECK_CONTAINS(run<UnknownParams>({"mine"}).errors, "unknown key");
  CHECK(run<TwiceParams>({"mine"}).code == thexp::kExitUsage);
  CHECK(run<UnknownParams>({"mine"}).code == thexp::kExitUsage);
}

TEST_CASE("beside a wrong declaration --help lists what is taken") {
  Done done = run<GroupParams>({"mine", "--help"});
  CHECK(done.code == thexp::kExitUsage);
  CHECK_CONTAINS(done.output, "--init.from PATH");
  CHECK_CONTAINS(done.output, "--config FILE");
  CHECK_CONTAINS(done.errors, "cannot declare the parameter \"init\"");
}

// -- Required parameters ------------------------------------------------------

struct MustParams : ToyParams {
  using ToyParams::ToyParams;
  thexp::Param<int64_t> must{this, "must", thexp::required, "no default"};
  thexp::Param<thexp::fs::path> root{this, "data.root", thexp::required, ""};
};

struct Program {
  TempDir dir;
  int64_t must = 0;  // as the last trainer had it

  Done run(std::vector<std::string> words) {
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    MustParams params(dir);
    auto make = [&]() -> std::unique_ptr<thexp::Trainer> {
      auto trainer = std::make_unique<ToyTrainer>(params);
      trainer->with_predict = true;
      must = *params.must;
      return trainer;
    };
    return captured([&] {
      return thexp::run_program(params, make, static_cast<int>(argv.size()),
                                argv.data());
    });
  }
};

TEST_CASE("--print-params names what is required and not given") {
  Program program;
  Done done = program.run({"--print-params", "--optim.lr=0.5"});
  CHECK(done.code == thexp::kExitDone);
  CHECK_CONTAINS(done.output, "lr: 0.5\n");
  CHECK_CONTAINS(done.output,
                 "# must: required, not given\n"
                 "# data.root: required, not given\n");
  CHECK(program.run({}).code == thexp::kExitUsage);
}

TEST_CASE("what is required and not given is as the run has it") {
  Program program;
  REQUIRE(program.run({"--must=7", "--data.root=~/x"}).code == 0);
  for (const char* phase : {"eval", "predict"}) {
    program.must = 0;
    Done done = program.run({std::string("--phase=") + phase, "--resume"});
    INFO(done.errors);
    CHECK(done.code == thexp::kExitDone);
    CHECK(program.must == 7);
  }
  Done printed = program.run({"--resume", "--print-params"});
  CHECK(printed.code == thexp::kExitDone);
  CHECK_CONTAINS(printed.output, "must: 7\n");
  CHECK_CONTAINS(printed.output, "root: \"~/x\"\n");
  std::string file;
  for (const auto& each :
       thexp::fs::recursive_directory_iterator(program.dir.path())) {
    if (each.path().filename() == "last.pt") file = each.path().string();
  }
  CHECK_CONTAINS(program.run({"--resume=" + file, "--print-params"}).output,
                 "must: 7\n");
  CHECK(program.run({"--resume", "--must=8", "--data.root=y", "--print-params"})
            .output.find("must: 8\n") != std::string::npos);
}

TEST_CASE("without a run, what is required stays so") {
  Program program;
  Done done = program.run({"--phase=eval", "--resume"});
  CHECK(done.code == thexp::kExitUsage);
  CHECK_CONTAINS(done.errors, "there is no run of 'toy'");
  done = program.run({"--auto_resume", "--must=1"});
  CHECK(done.code == thexp::kExitUsage);
  CHECK_CONTAINS(done.errors, "data.root: required, but not given");
}

}  // namespace
