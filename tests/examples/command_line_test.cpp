#include <ATen/ATen.h>

#include "catch.h"
#include "example.h"
#include "thexp/base/file.h"
#include "thexp/state/pt.h"

namespace {

using thexp_test::contains;
using thexp_test::run_example;
using thexp_test::TempDir;

TEST_CASE("T3 help lists every parameter, and runs nothing") {
  TempDir dir;
  auto done = run_example(dir, "mnist", "--help");
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, "usage: mnist");
  CHECK_CONTAINS(done.output, "--optim.lr REAL");
  CHECK_CONTAINS(done.output, "between 0 and 10");
  CHECK(thexp::fs::is_empty(dir.path()));
}

TEST_CASE("T3 help that cannot be written is an error") {
  TempDir dir;
  for (const char* wanted : {"--help", "--print-params"}) {
    INFO(wanted);
    auto done = run_example(dir, "mnist", std::string(wanted) + " >/dev/full");
    CHECK(done.exit_code == 1);
    CHECK_CONTAINS(done.output, "mnist: cannot write to 'standard output': No");
  }
}

TEST_CASE("T3 printed parameters load again with --config") {
  TempDir dir;
  auto printed = run_example(dir, "mnist", "--optim.lr=0.25 --print-params");
  CHECK(printed.exit_code == 0);
  thexp::write_file_atomic(dir / "p.yaml", printed.output);
  auto again = run_example(dir, "mnist", "--config p.yaml --print-params");
  CHECK(again.output == printed.output);
  CHECK_CONTAINS(again.output, "lr: 0.25");
}

TEST_CASE("T3 wrong parameters end with code 2 and say what is right") {
  TempDir dir;
  struct Case {
    const char* arguments;
    const char* message;
  };
  const Case cases[] = {
      {"--optim.lrr=1", "did you mean --optim.lr=1?"},
      {"--optim.lr=fast", "\"fast\" is not a real number"},
      {"--optim.lr=20", "must be between 0 and 10"},
      {"--epoch=-1", "at least 0"},
      {"--epoch", "value"},
      {"extra", "extra"},
      {"--config=absent.yaml", "No such file or directory"},
  };
  for (const Case& each : cases) {
    INFO(each.arguments);
    auto done = run_example(dir, "mnist", each.arguments);
    CHECK(done.exit_code == 2);
    CHECK_CONTAINS(done.output, each.message);
  }
  CHECK(thexp::fs::is_empty(dir.path()));
}

TEST_CASE("a configuration file's error names file, line and column") {
  TempDir dir;
  thexp::write_file_atomic(dir / "bad.yaml", "epoch: 3\noptim:\n  lrr: 0.1\n");
  auto done = run_example(dir, "mnist", "--config=bad.yaml");
  CHECK(done.exit_code == 2);
  CHECK_CONTAINS(done.output, "bad.yaml:3:3: optim.lrr: unknown key");
}

TEST_CASE("what cannot begin ends with code 2, too, and leaves no run") {
  TempDir dir;
  thexp::write_file_atomic(dir / "page.pt", "<!DOCTYPE html>");
  thexp::save_pt(dir / "w.pt", thexp::State::Dict{{"a", at::zeros({1})}});
  struct Case {
    const char* arguments;
    const char* message;
  };
  const Case cases[] = {
      {"--device=cuda:99", "device 'cuda:99'"},
      {"--checkpoint.keep_best=2", "the best by what?"},
      {"--init.map=a=b", "--init.from names none"},
      {"--init.from=none.pt", "--init.from: there is no file 'none.pt'"},
      {"--init.from=.", "--init.from: '.' is a folder"},
      {"--init.from=page.pt", "page.pt: not a file of torch.save, but an HTML"},
      {"--init.from=w.pt --init.map=a", "--init.map: 'a' is not old=new"},
      {"--init.from=w.pt --init.map=b=net", "'b=net' matches no name"},
      {"--resume=none.pt", "--resume=none.pt: cannot open"},
      {"--resume=none", "--resume=none: "},
      {"--phase=eval --auto_resume", "train one first"},
      {"--allow=foo", "'foo' is not one of"},
      {"--exp_name=a/b", "cannot name a folder"},
      {"--phase=eval", "say whose with --resume"},
      {"--drill --resume", "leave out --resume"},
      {"--drill --phase=test", "leave out --phase=test"},
      {"--phase=eval --auto_resume", "there is no run of 'quickstart'"},
      {"--resume", "there is no run of 'quickstart'"},
      {"--threads=4294967297", "between 0 and 4096"},
  };
  for (const Case& each : cases) {
    INFO(each.arguments);
    auto done = run_example(dir, "quickstart", each.arguments);
    CHECK(done.exit_code == 2);
    CHECK_CONTAINS(done.output, each.message);
    CHECK_FALSE(thexp::fs::exists(dir / "runs" / "quickstart"));
  }
}

TEST_CASE("a failed run is recorded as failed") {
  TempDir dir;
  auto done = run_example(dir, "mnist", "--data.root=nowhere");
  CHECK(done.exit_code == 1);
  CHECK_CONTAINS(done.output, "nowhere");
  auto listed =
      thexp_test::run_shell(thexp_test::program("thexp") + " ls", dir.path());
  CHECK_CONTAINS(listed.output, "failed");
}

TEST_CASE("G10 phase eval evaluates a trained run") {
  TempDir dir;
  REQUIRE(run_example(dir, "quickstart").exit_code == 0);
  auto done = run_example(dir, "quickstart", "--phase=eval --resume");
  CHECK(done.exit_code == 0);
  CHECK_CONTAINS(done.output, "eval @loss=");
  CHECK(thexp_test::last_number(done.output, "@acc=") > 95);
  CHECK_FALSE(contains(done.output, "train end"));
}

TEST_CASE("a phase takes the parameters of the run that it looks at") {
  TempDir dir;
  const char* training = "--epoch=1 --batch_size=64 --patience=3";
  REQUIRE(run_example(dir, "mnist", training).exit_code == 0);
  auto same = run_example(dir, "mnist", "--phase=eval --resume");
  CHECK(same.exit_code == 0);
  CHECK_CONTAINS(same.output, " | run | runs/mnist/");
  CHECK_CONTAINS(same.output, "--batch_size=64 --patience=3");
  CHECK_FALSE(contains(same.output, "than in training"));
  auto other =
      run_example(dir, "mnist", "--phase=eval --resume --batch_size=100");
  CHECK(other.exit_code == 0);
  CHECK_CONTAINS(other.output,
                 "other params than in training | batch_size: 64 -> 100");
  const std::string tool = thexp_test::program("thexp");
  auto listed = thexp_test::run_shell(tool + " ls", dir.path());
  CHECK_CONTAINS(listed.output, "2 evaluations are not shown (--all)");
  listed = thexp_test::run_shell(tool + " ls --all --columns at", dir.path());
  CHECK_CONTAINS(listed.output, "  completed  eval\n");
}

TEST_CASE("G10 phase predict stores the predictions of a trained run") {
  TempDir dir;
  REQUIRE(run_example(dir, "mnist", "--epoch=1").exit_code == 0);
  auto done = run_example(dir, "mnist", "--epoch=1 --phase=predict --resume");
  INFO(done.output);
  CHECK(done.exit_code == 0);
  const std::string title = "predictions | 1200 rows in ";
  CHECK_CONTAINS(done.output, title);
  std::size_t begin = done.output.find(title) + title.size();
  std::string file =
      done.output.substr(begin, done.output.find('\n', begin) - begin);
  at::Tensor digits = thexp::load_pt(dir / file).as_tensor();
  CHECK(digits.sizes() == at::IntArrayRef{1200});
  CHECK(digits.max().item<int64_t>() == 9);
}

TEST_CASE("phase predict without anything to predict says how to add it") {
  TempDir dir;
  REQUIRE(run_example(dir, "quickstart", "--epoch=1").exit_code == 0);
  auto done =
      run_example(dir, "quickstart", "--epoch=1 --phase=predict --resume");
  CHECK(done.exit_code == 1);
  CHECK_CONTAINS(done.output, "add_loader(Phase::kPredict, ...)");
}

TEST_CASE("the reference BLAS is warned of") {
  namespace fs = thexp::fs;
  fs::path blas = "/usr/lib/x86_64-linux-gnu/blas";  // as Debian installs it
  if (!fs::exists(blas / "libblas.so.3")) {
    WARN("skipped: no reference BLAS in " << blas.string());
    return;
  }
  TempDir dir;
  auto run = [&](const std::string& libraries) {
    return thexp_test::run_shell("LD_LIBRARY_PATH=" + libraries + " " +
                                     thexp_test::program("quickstart") +
                                     " --epoch=1 --threads=1",
                                 dir.path());
  };
  std::string warning =
      "WARN | LibTorch computes on the reference BLAS (" + blas.string();
  std::string lapack = ":/usr/lib/x86_64-linux-gnu/lapack";
  CHECK_CONTAINS(run(blas.string() + lapack).output, warning);
  CHECK_FALSE(contains(run("").output, warning));
}

TEST_CASE("over the limit of file sizes a write fails and names its file") {
  TempDir dir;
  auto done = thexp_test::run_shell(
      "ulimit -f 100; OMP_NUM_THREADS=1 " + thexp_test::program("mnist") +
          " --threads=1 --epoch=1 --limit_train_batches=2"
          " --limit_eval_batches=1",
      dir.path());
  CHECK(done.exit_code == 1);
  CHECK_CONTAINS(done.output, "checkpoint-000001-epoch-1.pt");
  CHECK_CONTAINS(done.output, "File too large (errno 27)");
}

}  // namespace
