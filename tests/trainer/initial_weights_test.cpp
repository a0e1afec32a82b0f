// --init.from: a fresh run starts from weights in a file.
#include <cstdlib>

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/state/pt.h"
#include "thexp/state/safetensors.h"
#include "thexp/tracking/workspace.h"
#include "toy_trainer.h"

namespace {

using thexp::State;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;

State weights(const std::string& prefix = "") {
  State::Dict dict;
  dict.emplace_back(prefix + "weight", torch::full({1, 2}, 3.0));
  dict.emplace_back(prefix + "bias", torch::full({1}, 5.0));
  return dict;
}

struct Started {
  explicit Started(const TempDir& dir) : params(dir), trainer(params) {}

  void two_models() {
    trainer.on_models = [this](ToyTrainer& toy) {
      second = toy.add_model("second", torch::nn::Linear(2, 1));
    };
  }
  std::string error() {
    return message_of<thexp::Error>([&] { trainer.setup(); });
  }
  bool net_is_set() {
    trainer.setup();
    return is_set(trainer.net);
  }
  std::string log() {
    trainer.logger().flush();
    return thexp::read_file(trainer.run_folder() / "console.log");
  }
  static bool is_set(const torch::nn::Linear& net) {
    return torch::equal(net->weight.cpu(), torch::full({1, 2}, 3.0)) &&
           torch::equal(net->bias.cpu(), torch::full({1}, 5.0));
  }

  ToyParams params;
  ToyTrainer trainer;
  torch::nn::Linear second{nullptr};
};

std::string write(const TempDir& dir, const State& state) {
  std::string path = (dir / "a=b,c.pt").string();  // as run folders are called
  thexp::save_pt(path, state);
  return path;
}

TEST_CASE("a run starts from a state dict in .pt or safetensors") {
  TempDir dir;
  std::string path = (dir / "w.safetensors").string();
  thexp::save_safetensors(path, weights());
  for (const std::string& file : {write(dir, weights()), path}) {
    Started run(dir);
    run.params.init_from = file;
    CHECK(run.net_is_set());
    run.trainer.finish();
    auto record =
        thexp::Workspace(dir.path()).find(run.trainer.run_folder().string());
    const thexp::Value& init = record.info().at("init").as_list().at(0);
    CHECK(init.at("file").as_text() == file);
    CHECK(init.at("crc32").as_text().size() == 8);
    CHECK(init.at("models") == thexp::Value(thexp::Value::List{"net"}));
  }
}

TEST_CASE("names are changed by whole parts, one rule a name") {
  TempDir dir;
  auto with = [&](const State& state, const std::string& map) {
    Started run(dir);
    run.params.init_from = write(dir, state);
    run.params.init_map = map;
    return run.net_is_set();
  };
  CHECK(with(weights("module."), "module.="));
  State renamed = State::Dict{{"w", torch::full({1, 2}, 3.0)},
                              {"b", torch::full({1}, 5.0)}};
  CHECK(with(renamed, "w=weight,b=bias"));
  // Python's usual {"state_dict": …, "epoch": 3}.
  State nested = State::Dict{{"state_dict", weights()}, {"epoch", 3}};
  CHECK(with(nested, "state_dict=net"));
}

TEST_CASE("a checkpoint's models are found by their names") {
  TempDir dir;
  Started run(dir);
  run.two_models();
  State state = State::Dict{{"net", weights()},
                            {"second", weights()},
                            {"optim", State::Dict{{"lr", 0.1}}}};
  run.params.init_from = write(dir, state);
  CHECK(run.net_is_set());
  CHECK(Started::is_set(run.second));
}

TEST_CASE("weights are found whatever lies beside them") {
  TempDir dir;
  auto started = [&](const State& state, bool strict, const char* name) {
    Started run(dir);
    run.params.init_from = (dir / name).string();
    run.params.init_strict = strict;
    if (std::string(name) == "w.pt") {
      thexp::save_pt(*run.params.init_from, state);
    } else {
      thexp::save_safetensors(*run.params.init_from, state);
    }
    return run.net_is_set();
  };
  // As Python's get_extra_state() gives.
  State extra = weights();
  extra["_extra_state"] = State::Dict{{"a", 1}};
  CHECK(started(extra, false, "w.pt"));
  // As `thexp ckpt convert --tensors-only` makes a checkpoint.
  State flat = weights("net.");
  flat["optim.state.0.exp_avg"] = torch::zeros({2});
  flat["thexp.random.cpu"] = torch::zeros({2});
  CHECK(started(flat, true, "w.safetensors"));
  CHECK(started(flat, true, "w.pt"));
  CHECK(started(weights(), true, "w.bin"));  // told by its content
}

TEST_CASE("models can have files of their own, or none") {
  TempDir dir;
  Started run(dir);
  run.two_models();
  run.params.init_from = "second=" + write(dir, weights());
  CHECK_FALSE(run.net_is_set());
  CHECK(Started::is_set(run.second));
}

TEST_CASE("a model has one file") {
  TempDir dir;
  Started run(dir);
  std::string file = write(dir, weights());
  run.params.init_from = "net=" + file + ",net=" + file;
  CHECK(run.error() == "--init.from: model 'net' is given two files");
}

TEST_CASE("what does not fit is listed, with what would help") {
  TempDir dir;
  auto error = [&](const State& state, const std::string& map = "",
                   bool two = false) {
    Started run(dir);
    if (two) run.two_models();
    run.params.init_from = write(dir, state);
    run.params.init_map = map;
    return run.error();
  };
  std::string message = error(weights("module."));
  CHECK_CONTAINS(message, "a=b,c.pt: model 'net': the state does not fit");
  CHECK_CONTAINS(message, "missing: weight; bias");
  CHECK_CONTAINS(message, "unexpected: module.weight; module.bias");
  CHECK_CONTAINS(message, "(with --init.map=module.= it fits)");
  State wrong = weights();
  wrong["weight"] = torch::zeros({4}, torch::kHalf);
  CHECK_CONTAINS(error(wrong),
                 "weight is tensor float16 [4], not tensor float32 [1, 2]");
  CHECK_CONTAINS(error(State::Dict{{"model", weights()}, {"epoch", 3}}),
                 "there is nothing for model 'net' in it, only model (2 "
                 "tensors), epoch\n(with --init.map=model=net it fits)");
  CHECK_CONTAINS(error(weights(), "fc=weight"),
                 "--init.map: 'fc=weight' matches no name in the file; rules "
                 "speak of whole parts of the names in the file");
  CHECK_CONTAINS(error(weights("module."), "modul.="),
                 "did you mean 'module.='");
  CHECK_CONTAINS(error(weights("a.fc."), "fc=head"),
                 "did you mean 'a.fc=head'");
  CHECK_CONTAINS(error(weights(), "weight"), "'weight' is not old=new");
  CHECK_CONTAINS(error(weights(), "weight=bias"),
                 "two of its entries are called 'bias' after --init.map");
  CHECK_CONTAINS(error(State::Dict{{"net.weight", torch::full({1, 2}, 3.0)},
                                   {"net.bias", torch::full({1}, 5.0)},
                                   {"second.weight", torch::zeros({1, 2})},
                                   {"second.bias", torch::zeros({1})},
                                   {"third.bias", torch::zeros({1})}},
                       "", true),
                 "it has names of no model: third (1 tensor)");
}

TEST_CASE("a file that is not there is named, with the models") {
  TempDir dir;
  Started run(dir);
  run.params.init_from = "nett=w.pt";
  CHECK(run.error() ==
        "--init.from: there is no file 'nett=w.pt' (write --init.from=FILE, or "
        "--init.from=NAME=FILE for the model called NAME)");
  CHECK_FALSE(run.trainer.has_run());
}

TEST_CASE("a model that there is not is named, with the models") {
  TempDir dir;
  Started run(dir);
  run.two_models();
  run.params.init_from = "secnd=" + write(dir, weights());
  CHECK(run.error() ==
        "--init.from: there is no model 'secnd', only net, second; did you "
        "mean 'second'?");
}

TEST_CASE(
    "a file of another kind than weights is named before the run is made") {
  TempDir dir;
  auto error = [&](const std::string& name) {
    Started run(dir);
    run.params.init_from = (dir / name).string();
    std::string message = run.error();
    CHECK_FALSE(run.trainer.has_run());
    return message;
  };
  thexp::write_file_atomic(dir / "a.yaml", "epoch: 3\n");
  CHECK(error("a.yaml") == "--init.from: " + (dir / "a.yaml").string() +
                               ": not a file of torch.save, but a text file, "
                               "which begins with 'epoch: 3'");
  thexp::write_file_atomic(dir / "a.safetensors",
                           "version https://git-lfs.github.com/spec/v1\n");
  CHECK_CONTAINS(error("a.safetensors"),
                 "not a safetensors file, but a Git LFS pointer");
  thexp::make_directories(dir / "run");
  CHECK(error("run") == "--init.from: '" + (dir / "run").string() +
                            "' is a folder; name the file in it");
  thexp::save_pt(dir / "run" / "checkpoints" / "last.pt", weights());
  CHECK_CONTAINS(error("run"), "--init.from=" + (dir / "run").string() +
                                   "/checkpoints/last.pt has the weights of "
                                   "that run's end");
}

TEST_CASE("real weights of another type are converted, and that is said") {
  TempDir dir;
  for (at::ScalarType type : {at::kHalf, at::kBFloat16, at::kDouble}) {
    State state = weights();
    for (auto& [name, value] : state.as_dict()) {
      value = value.as_tensor().to(type);
    }
    Started run(dir);
    run.params.init_from = write(dir, state);
    CHECK(run.net_is_set());
    CHECK(run.trainer.net->weight.scalar_type() == at::kFloat);
    std::string name = type == at::kHalf       ? "float16"
                       : type == at::kBFloat16 ? "bfloat16"
                                               : "float64";
    CHECK_CONTAINS(run.log(), "net: 2 tensors from " +
                                  run.params.init_from->string() +
                                  ", converted from " + name + " to float32");
  }
  State wide = weights();
  wide["bias"] = torch::full({1}, 1e300, torch::kDouble);
  Started run(dir);
  run.params.init_from = write(dir, wide);
  CHECK_CONTAINS(run.error(),
                 "a=b,c.pt: model 'net': bias has 1 values of float64 that "
                 "float32 cannot hold");
  State integers = weights();
  integers["bias"] = torch::full({1}, 5, torch::kLong);
  Started other(dir);
  other.params.init_from = write(dir, integers);
  CHECK_CONTAINS(other.error(), "bias is tensor int64 [1], not tensor float32");
}

TEST_CASE("a name that is left out leaves the model its own") {
  TempDir dir;
  State state = weights();
  state["bias"] = torch::zeros({10});  // another head
  Started run(dir);
  run.params.init_from = write(dir, state);
  run.params.init_map = "bias=";
  run.trainer.setup();
  CHECK(torch::equal(run.trainer.net->weight, torch::full({1, 2}, 3.0)));
  CHECK_CONTAINS(run.log(), "net: left out of the file: bias");
}

TEST_CASE("other objects of Python do not keep weights from being loaded") {
  if (std::string(THEXP_TEST_PYTHON).empty()) return;
  TempDir dir;
  std::string file = (dir / "f.pt").string();
  REQUIRE(std::system((THEXP_TEST_PYTHON " " THEXP_FOREIGN_SCRIPT " " + file)
                          .c_str()) == 0);
  Started run(dir);
  run.params.init_from = file;
  run.params.init_map = "state_dict=net";
  CHECK(run.net_is_set());
  CHECK_CONTAINS(run.log(), "not used: args, path, accuracy, ");
}

// The flags of the hint in an error: "(with FLAGS it fits)".
std::vector<std::string> hinted_flags(const std::string& message) {
  INFO(message);
  std::size_t begin = message.find("\n(with ");
  REQUIRE(begin != std::string::npos);
  std::vector<std::string> flags;
  for (const std::string& word : thexp::split(message.substr(begin + 7), ' ')) {
    if (thexp::starts_with(word, "--")) flags.push_back(word);
  }
  return flags;
}

TEST_CASE("each hint works when it is typed, whatever was typed before") {
  TempDir dir;
  State inner = State::Dict{{"model", weights()}, {"ema", weights("a.")}};
  State nested = State::Dict{{"state_dict", weights("model.")}, {"epoch", 3}};
  State other_head = weights();
  other_head["bias"] = torch::zeros({10});
  State more = weights();
  more["head.weight"] = torch::zeros({1});
  more["head.bias"] = torch::zeros({1});
  State fewer = State::Dict{{"weight", torch::full({1, 2}, 3.0)}};
  State head_below =
      State::Dict{{"state_dict", State::Dict{{"m", other_head}}}, {"e", 1}};
  State wrapped = State::Dict{{"module", weights("net.")}};
  struct Case {
    State file;
    std::string given;
    std::string flags;
    bool two = false;
  };
  State both = State::Dict{
      {"state_dict", State::Dict{{"net", weights()}, {"second", weights()}}}};
  State apart = State::Dict{
      {"gan", State::Dict{{"net", weights()}, {"second", weights("module.")}}}};
  const Case cases[] = {
      {nested, "", "--init.map=state_dict.model=net"},
      {nested, "state_dict=net", "--init.map=state_dict.model=net"},
      {nested, "state_dict=nett", "--init.map=state_dict.model=net"},
      {inner, "", "--init.map=model=net"},
      {weights("_orig_mod.module."), "", "--init.map=_orig_mod.module.="},
      {weights("module."), "module.weight=weight", "--init.map=module.="},
      {other_head, "", "--init.map=bias="},
      {more, "", "--init.map=head="},
      {fewer, "", "--no-init.strict"},
      {head_below, "", "--init.map=state_dict.m.bias=,state_dict.m=net"},
      {wrapped, "", "--init.map=module.net.="},
      {both, "", "--init.map=state_dict.=", true},
      {apart, "", "--init.map=gan.net=net,gan.second.module=second", true},
  };
  for (const Case& each : cases) {
    INFO("--init.map=" << each.given << " and then " << each.flags);
    Started run(dir);
    if (each.two) run.two_models();
    run.params.init_from = write(dir, each.file);
    run.params.init_map = each.given;
    std::vector<std::string> flags = hinted_flags(run.error());
    CHECK(thexp::join(flags, " ") == each.flags);

    Started again(dir);
    if (each.two) again.two_models();
    flags.push_back("--init.from=" + write(dir, each.file));
    again.params.parse_args(flags);
    again.trainer.setup();
    CHECK(torch::equal(again.trainer.net->weight, torch::full({1, 2}, 3.0)));
    if (each.two) CHECK(Started::is_set(again.second));
  }
}

TEST_CASE("a proposed rule is one that would be used") {
  TempDir dir;
  auto error = [&](const std::string& map) {
    Started run(dir);
    run.params.init_from = write(
        dir, State::Dict{{"state_dict", weights("model.")}, {"epoch", 3}});
    run.params.init_map = map;
    std::string message = run.error();
    CHECK_FALSE(run.trainer.has_run());
    return message;
  };
  CHECK_CONTAINS(error("model=net"), "did you mean 'state_dict.model=net'?");
  // The first rule matches all that the second could.
  for (const char* rule : {"model.=", "state_dict.model.="}) {
    CHECK_CONTAINS(error(std::string("state_dict=net,") + rule),
                   "' matches no name in the file; rules speak of whole parts");
  }
}

TEST_CASE("there is no hint where hardly anything is alike") {
  TempDir dir;
  Started run(dir);
  run.params.init_from =
      write(dir, State::Dict{{"a", torch::zeros({3})}, {"b", 1}});
  CHECK_FALSE(thexp_test::contains(run.error(), "(with"));
}

TEST_CASE("without init.strict, other names are let pass and said") {
  TempDir dir;
  Started run(dir);
  State state =
      State::Dict{{"bias", torch::full({1}, 5.0)}, {"head", torch::zeros({1})}};
  run.params.init_from = write(dir, state);
  run.params.init_strict = false;
  run.trainer.setup();
  CHECK(run.trainer.net->bias.item<float>() == 5);
  run.trainer.logger().flush();
  std::string log = thexp::read_file(run.trainer.run_folder() / "console.log");
  CHECK_CONTAINS(log, "net: 1 tensor from ");
  CHECK_CONTAINS(log, "net: not in the file: weight");
  CHECK_CONTAINS(log, "net: only in the file: head");

  Started other(dir);
  other.params.init_from = write(dir, weights("x."));
  other.params.init_strict = false;
  CHECK_CONTAINS(other.error(), "no name in it is one of model 'net'");
}

TEST_CASE("a run that goes on does not start again from the file") {
  TempDir dir;
  auto train = [&](bool resume, int64_t steps) {
    Started run(dir);
    run.params.init_from = (dir / "w.pt").string();
    run.params.auto_resume = resume;
    run.trainer.train_steps(steps);
    run.trainer.finish();
    return run.trainer.net->weight.detach().clone();
  };
  thexp::save_pt(dir / "w.pt", weights());
  at::Tensor trained = train(false, 2);
  thexp::fs::remove(dir / "w.pt");  // nor is it read
  CHECK(torch::equal(train(true, 0), trained));
}

}  // namespace
