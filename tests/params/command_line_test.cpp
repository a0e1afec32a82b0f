#include <algorithm>
#include <cmath>

#include "fixture.h"

namespace {

using thexp::CommandLine;
using thexp::Value;
using thexp_test::args_error;
using thexp_test::SampleParams;
using thexp_test::TempDir;

Value parsed(const std::string& key, const std::vector<std::string>& args) {
  SampleParams params;
  params.parse_args(args);
  return params[key];
}

TEST_CASE("T3 --epoch=400 --optim.lr=0.01 override the defaults") {
  SampleParams params;
  const char* argv[] = {"mnist", "--epoch=400", "--optim.lr=0.01"};
  params.parse_args(3, argv);
  CHECK(*params.epoch == 400);
  CHECK(*params.lr == 0.01);
  CHECK(params.lr.origin() == "--optim.lr (command line)");
  CHECK(params.momentum.origin() == "default");
}

TEST_CASE("T3 the value may be the next argument") {
  CHECK(parsed("optim.momentum", {"--optim.momentum", "-0.5"}) == Value(-0.5));
  CHECK(parsed("workers", {"--workers", "-3"}) == Value(-3));
  CHECK(parsed("note", {"--note", "-h is", "--amp"}) == Value("-h is"));
}

TEST_CASE("T3 values are YAML") {
  CHECK(parsed("optim.lr", {"--optim.lr=1e-3"}) == Value(1e-3));
  CHECK(parsed("optim.lr", {"--optim.lr=5"}) == Value(5.0));
  CHECK(parsed("milestones", {"--milestones=[1, 2]"}) ==
        Value(Value::List{1, 2}));
  CHECK(parsed("tags", {"--tags", "[a, \"b, c\", 'd: e']"}) ==
        Value(Value::List{"a", "b, c", "d: e"}));
  CHECK(parsed("clip", {"--clip=3"}) == Value(3.0));
  CHECK(parsed("clip", {"--clip=3", "--clip=null"}).is_null());
  for (const char* word : {"inf", ".inf", "+.inf"}) {
    std::string arg = std::string("--optim.momentum=") + word;
    CHECK(std::isinf(parsed("optim.momentum", {arg}).as_real()));
  }
  CHECK(
      std::isnan(parsed("optim.momentum", {"--optim.momentum=nan"}).as_real()));
  CHECK(parsed("optim.momentum", {"--optim.momentum=-inf"}).as_real() < -1e308);
}

TEST_CASE("T3 text is taken as it is") {
  for (const char* text :
       {"1e-3", "yes", "null", "a=b", "a: b", "with space", "größe 名", "[1, 2",
        "\"quoted\"", "-1", "", "#x", "~", "{a", "line\nbreak"}) {
    CHECK(parsed("note", {std::string("--note=") + text}) == Value(text));
  }
  CHECK(parsed("note", {"--note", ""}) == Value(""));
}

TEST_CASE("T3 ~ and null mean what they mean in a file") {
  for (const char* null : {"~", "null", "NULL"}) {
    CHECK(
        parsed("clip", {"--clip=3", std::string("--clip=") + null}).is_null());
    CHECK_CONTAINS(args_error({std::string("--epoch=") + null}),
                   "is not an integer");
  }
}

TEST_CASE("T3 an optional text is null for the bare word") {
  thexp::Params params;
  params.add<std::optional<std::string>>("init", "x");
  params.parse_args({"--init=null"});
  CHECK(params["init"].is_null());
  params.parse_args({"--init=x"});
  params.parse_args({"--init=~"});
  CHECK(params["init"].is_null());
}

TEST_CASE("T3 bools are flags") {
  CHECK(parsed("amp", {"--amp"}) == Value(true));
  CHECK(parsed("amp", {"--amp", "--epoch=1"}) == Value(true));
  CHECK(parsed("amp", {"--amp", "false"}) == Value(false));
  CHECK(parsed("amp", {"--amp=true"}) == Value(true));
  CHECK(parsed("amp", {"--amp", "--no-amp"}) == Value(false));
  CHECK(args_error({"--amp=yes"}) ==
        "--amp (command line): \"yes\" is not a bool; write --amp=true");
  CHECK_CONTAINS(args_error({"--amp", "yes"}), "\"yes\" (command line)");
  CHECK(args_error({"--no-amp=true"}) ==
        "--no-amp (command line): takes no value; write --amp=true");
  CHECK(args_error({"--no-epoch"}) ==
        "--no-epoch (command line): epoch is not a bool; write --epoch=INT");
}

TEST_CASE("T3 the last of a repeated flag wins") {
  CHECK(parsed("epoch", {"--epoch=1", "--epoch", "2"}) == Value(2));
}

TEST_CASE("T3 wrong types say what is right") {
  CHECK(args_error({"--optim.lr=abc"}) ==
        "--optim.lr (command line): \"abc\" is not a real number");
  CHECK(args_error({"--epoch=1e3"}) ==
        "--epoch (command line): 1e3 is not an integer; write --epoch=1000");
  CHECK(args_error({"--epoch=1.5"}) ==
        "--epoch (command line): 1.5 is not an integer");
  CHECK(args_error({"--epoch=1_000"}) ==
        "--epoch (command line): \"1_000\" is not an integer; write "
        "--epoch=1000");
  CHECK(args_error({"--epoch=007"}) ==
        "--epoch (command line): \"007\" is not an integer; write --epoch=7");
  CHECK(args_error({"--epoch=99999999999999999999"}) ==
        "--epoch (command line): 99999999999999999999 is out of range; must "
        "be an integer of 64 bits");
  CHECK(args_error({"--optim.momentum=1e999"}) ==
        "--optim.momentum (command line): 1e999 is out of range; must be 0 or "
        "a real number from 4.9e-324 to 1.8e308 in size");
  CHECK(args_error({"--epoch="}) ==
        "--epoch (command line): \"\" is not an integer");
  CHECK(args_error({"--clip="}) ==
        "--clip (command line): \"\" is not a real number or null; write "
        "--clip=null");
  CHECK(args_error({"--milestones=3"}) ==
        "--milestones (command line): 3 is not a list of integers; write "
        "--milestones='[3]'");
  CHECK(args_error({"--milestones=[1, x]"}) ==
        "--milestones (command line): \"x\" is not an integer");
  CHECK_CONTAINS(args_error({"--milestones=[1, 2"}),
                 "--milestones (command line): malformed YAML: ");
  CHECK(args_error({"--optim.lr=\x01"}) ==
        "--optim.lr (command line): byte 0x01 is a control character; escape "
        "it");
}

TEST_CASE("T3 a huge integer is still a real number") {
  CHECK(parsed("optim.momentum", {"--optim.momentum=99999999999999999999"}) ==
        Value(1e20));
}

TEST_CASE("T3 a real that would silently be 0 is out of range") {
  for (const char* tiny : {"1e-400", "-1e-400", "0.1e-399", "2e-324"}) {
    CHECK(args_error({std::string("--optim.lr=") + tiny}) ==
          std::string("--optim.lr (command line): ") + tiny +
              " is out of range; must be 0 or a real number from 4.9e-324 to "
              "1.8e308 in size");
  }
  std::string zeros = "0." + std::string(400, '0') + "1";
  CHECK_CONTAINS(args_error({"--optim.lr=" + zeros}), "is out of range");
  CHECK(parsed("optim.lr", {"--optim.lr=5e-324"}) == Value(5e-324));
  CHECK(parsed("optim.lr", {"--optim.lr=0e-400"}) == Value(0.0));
  CHECK(std::signbit(
      parsed("optim.momentum", {"--optim.momentum=-0"}).as_real()));
}

TEST_CASE("T3 hints at the command line can be typed there") {
  struct Case {
    const char* wrong;
    const char* right;
  };
  const Case cases[] = {{"--milestones=30,60", "--milestones='[30, 60]'"},
                        {"--milestones=", "--milestones='[]'"},
                        {"--milestones=null", "--milestones='[]'"},
                        {"--clip=None", "--clip=null"},
                        {"--epoch=0x1F", "--epoch=31"},
                        {"--epoch=12:30", "--epoch=750"},
                        {"--epoch=0_7", "--epoch=7"},
                        {"--optim.lr=0,05", "--optim.lr=0.05"},
                        {"--amp=1", "--amp=true"},
                        {"--amp=off", "--amp=false"}};
  for (const Case& each : cases) {
    INFO(each.wrong);
    std::string message = args_error({each.wrong});
    CHECK_CONTAINS(message, std::string("; write ") + each.right);
    std::string typed = each.right;  // as a shell hands it over
    typed.erase(std::remove(typed.begin(), typed.end(), '\''), typed.end());
    SampleParams().parse_args({typed});
  }
  CHECK_CONTAINS(args_error({"--mode=FAST"}), "did you mean \"fast\"?");
}

TEST_CASE("T3 unknown flags are suggested, flags of the parser included") {
  CHECK_CONTAINS(args_error({"--optim.lrr=1"}),
                 "--optim.lrr (command line): unknown key; did you mean "
                 "--optim.lr=1?");
  CHECK(args_error({"--optim=1"}) ==
        "--optim (command line): is a group of parameters and takes no value "
        "itself; its members: --optim.lr, --optim.momentum");
  CHECK_CONTAINS(args_error({"--lr", "1"}), "did you mean --optim.lr?");
  CHECK_CONTAINS(args_error({"--lr=1"}), "did you mean --optim.lr=1?");
  CHECK_CONTAINS(args_error({"--confg=x"}), "did you mean --config=x?");
  CHECK_CONTAINS(args_error({"--help=1"}), "did you mean --help?");
  CHECK_CONTAINS(args_error({"--learning-rate=1"}),
                 "did you mean --optim.lr=1?");
  CHECK_CONTAINS(args_error({"--num_workers=2"}), "did you mean --workers=2?");
  CHECK_CONTAINS(args_error({"--nope=a b"}), "did you mean --note='a b'?");
  CHECK_CONTAINS(args_error({"--no-amq"}), "did you mean --no-amp?");
  CHECK_CONTAINS(args_error({"--mile=[1]"}),
                 "did you mean --milestones='[1]'?");
  CHECK_CONTAINS(args_error({"--=1"}), "unknown key");
}

TEST_CASE("T3 '-' and '_' are the same in a name on the command line") {
  thexp::Params params;
  params.add<int>("batch_size", 1);
  params.add<bool>("log.to-file", true);
  params.parse_args({"--batch-size=8", "--no_log.to_file"});
  CHECK(params["batch_size"] == Value(8));
  CHECK(params["log.to-file"] == Value(false));
  CHECK(params.origin("batch_size") == "--batch-size (command line)");
  CHECK(params.parse_args({"--print_params"}).print_params);
}

TEST_CASE("T3 a missing value and a stray word are errors") {
  CHECK(args_error({"--epoch"}) ==
        "--epoch (command line): needs a value; write --epoch=INT");
  CHECK(args_error({"--note", "--amp"}) ==
        "--note (command line): needs a value; write --note=TEXT");
  CHECK(args_error({"--config"}) ==
        "--config (command line): needs a value; write --config=FILE");
  CHECK(args_error({"--config="}) ==
        "--config (command line): needs a value; write --config=FILE");
  CHECK(args_error({"train"}) ==
        "\"train\" (command line): unexpected argument; parameters are given "
        "as --key=value");
  CHECK(args_error({"epoch=3"}) ==
        "\"epoch=3\" (command line): unexpected argument; did you mean "
        "--epoch=3?");
  CHECK_CONTAINS(args_error({"-lr=1"}), "did you mean --optim.lr=1?");
  CHECK_CONTAINS(args_error({"lr=1"}), "did you mean --optim.lr=1?");
  CHECK_CONTAINS(args_error({"-help"}), "did you mean --help?");
  CHECK_CONTAINS(args_error({"my.yaml"}), "did you mean --config my.yaml?");
  CHECK_CONTAINS(args_error({"--"}), "unexpected argument");
  CHECK_CONTAINS(args_error({"-"}), "unexpected argument");
  CHECK_CONTAINS(args_error({""}), "unexpected argument");
}

TEST_CASE("T3 files load in their order, before the command line") {
  TempDir dir;
  std::string a = (dir / "a.yaml").string();
  std::string b = (dir / "b.yaml").string();
  thexp::write_file_atomic(a, "epoch: 1\nworkers: 1\noptim:\n  lr: 1\n");
  thexp::write_file_atomic(b, "epoch: 2\nworkers: 2\n");
  SampleParams params;
  CommandLine line =
      params.parse_args({"--epoch=3", "--config", a, "--config=" + b});
  CHECK(line.configs == std::vector<std::string>{a, b});
  CHECK(*params.epoch == 3);
  CHECK(*params.workers == 2);
  CHECK(*params.lr == 1.0);
  CHECK(params.workers.origin() == b + ":2:1");
  CHECK(params.lr.origin() == a + ":4:3");
}

TEST_CASE("T3 a config that cannot be read names flag, path and errno") {
  CHECK(args_error({"--config=/no/such.yaml"}) ==
        "--config (command line): cannot open for reading '/no/such.yaml': No "
        "such file or directory (errno 2)");
  TempDir dir;
  CHECK_CONTAINS(args_error({"--config", dir.path().string()}),
                 "Is a directory (errno 21)");
}

TEST_CASE("--help wins over everything, --print-params is passed on") {
  SampleParams params;
  CommandLine line = params.parse_args({"--nonsense", "--help", "--epoch=3"});
  CHECK(line.help);
  CHECK(*params.epoch == 10);
  CHECK(params.parse_args({"-h"}).help);
  line = params.parse_args({"--print-params"});
  CHECK(line.print_params);
  CHECK(args_error({"--print-params=1"}) ==
        "--print-params (command line): takes no value");
  CHECK_FALSE(line.help);
}

TEST_CASE("parse_args validates at the end") {
  struct Must : thexp::Params {
    thexp::Param<int> must{this, "must", thexp::required, ""};
  };
  Must params;
  CHECK_CONTAINS(thexp_test::error_of([&] { params.parse_args({}); }),
                 "must: required, but not given");
  CHECK(params.parse_args({"--help"}).help);
  params.parse_args({"--must=4"});
  CHECK(*params.must == 4);
  CHECK(params.parse_args(0, nullptr).configs.empty());
}

TEST_CASE("T3 a bare flag may mean a value") {
  SampleParams params;
  params.set_bare_value("note", "latest");
  params.parse_args({"--note", "--epoch=3"});
  CHECK(*params.note == "latest");
  CHECK(*params.epoch == 3);
  params.parse_args({"--note=other"});
  CHECK(*params.note == "other");
  CHECK(thexp_test::error_of([&] {
          params.parse_args({"--note", "a b"});
        }) ==
        "\"a b\" (command line): unexpected argument; did you mean "
        "--note='a b'?");
  CHECK_CONTAINS(params.help_text("x"), "--note[=TEXT]");
  CHECK_THROWS_AS(params.set_bare_value("amp", "x"), thexp::UsageError);
  CHECK_THROWS_AS(params.set_bare_value("no", "x"), thexp::ParamError);
}

TEST_CASE("S5 a plus sign may mean another parameter") {
  SampleParams params;
  params.add<int64_t>("more", 0, "", thexp::at_least(0));
  params.set_plus_key("epoch", "more");
  params.parse_args({"--epoch=+3"});
  CHECK(*params.epoch == 10);
  CHECK(params["more"] == Value(3));
  CHECK(params.origin("more") == "--epoch (command line)");
  params.parse_args({"--epoch", "+4", "--workers=+2"});
  CHECK(params["more"] == Value(4));
  CHECK(*params.workers == 2);  // an ordinary sign
  params.load_yaml_text("epoch: +5");
  CHECK(params["more"] == Value(5));
  CHECK(thexp_test::error_of([&] { params.parse_args({"--epoch=+x"}); }) ==
        "--epoch (command line): \"+x\" is not an integer");
  CHECK_THROWS_AS(params.set_plus_key("lr", "more"), thexp::ParamError);
  CHECK_THROWS_AS(params.set_plus_key("note", "more"), thexp::UsageError);
}

}  // namespace
