#include "fixture.h"
#include "thexp/base/columns.h"
#include "thexp/base/text.h"

namespace {

struct HelpParams : thexp::Params {
  thexp::Param<int64_t> batch_size{this, "batch_size", 64, "examples per step",
                                   thexp::at_least(1)};
  thexp::Param<int64_t> must{this, "must", thexp::required, "no default"};
  thexp::Param<bool> amp{this, "amp", false, "mixed precision"};
  thexp::Param<std::string> root{this, "data.root", "",
                                 "folder with IDX files; empty = built-in "
                                 "digits"};
  thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate",
                          thexp::between(0.0, 10.0)};
  thexp::Param<std::vector<int64_t>> milestones{
      this, "optim.schedule.milestones", {3, 5}, "epochs at which it drops"};
  thexp::Param<std::optional<double>> clip{this, "optim.clip", std::nullopt,
                                           ""};
  thexp::Param<std::string> mode{this, "mode", "fast", "how to run",
                                 thexp::one_of({"fast", "slow"})};
};

TEST_CASE("T3 the help lists every parameter by group") {
  HelpParams params;
  params.lr = 0.1;
  CHECK(params.help_text("mnist") ==
        R"(usage: mnist [--config FILE]... [--KEY=VALUE]...

Parameters have their defaults, then what the --config files say, then what
the command line says. Values are YAML: 0.1, 1e-3, true, null, [1, 2]; TEXT is
taken as it is. A file holds `optim.lr: 0.1`, or `lr: 0.1` below `optim:`.

options:
  --config FILE           read parameters from a YAML file; may be repeated
  --print-params          print the resulting parameters as YAML, and stop
  -h, --help              print this, and stop

parameters:
  --batch_size INT        examples per step (default: 64; at least 1)
  --must INT              no default (required)
  --[no-]amp              mixed precision (default: false)
  --mode TEXT             how to run (default: fast; one of fast, slow)

data:
  --data.root TEXT        folder with IDX files; empty = built-in digits
                          (default: "")

optim:
  --optim.lr REAL         learning rate (default: 0.1; between 0 and 10)
  --optim.schedule.milestones [INT,...]
                          epochs at which it drops (default: [3, 5])
  --optim.clip REAL|null  (default: null)
)");
}

TEST_CASE("the help keeps to 80 columns") {
  thexp::Params params;
  params.add<std::string>("a", std::string(200, 'x'),
                          "a help text that is much longer than one line of "
                          "the terminal and names größe and 名前 in between");
  params.add<int>("a_group.with.a_very_long_name_of_its_own", 1, "x");
  for (const std::string& line :
       thexp::split(params.help_text("program"), '\n')) {
    INFO(line);
    CHECK(thexp::display_width(line) <= 80);
  }
}

}  // namespace
