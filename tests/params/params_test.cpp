#include "thexp/params/params.h"

#include "fixture.h"
#include "thexp/base/error.h"

namespace {

using thexp::Params;
using thexp::UsageError;
using thexp::Value;
using thexp_test::error_of;
using thexp_test::message_of;
using thexp_test::SampleParams;

struct OptimGroup {
  OptimGroup(Params* owner, const std::string& prefix)
      : lr(owner, prefix + ".lr", 0.1, "learning rate"),
        nesterov(owner, prefix + ".nesterov", false, "Nesterov momentum") {}

  thexp::Param<double> lr;
  thexp::Param<bool> nesterov;
};

struct GanParams : Params {
  OptimGroup generator{this, "generator"};
  OptimGroup critic{this, "critic"};
};

struct MustParams : Params {
  thexp::Param<int64_t> must{this, "must", thexp::required, "no default"};
  thexp::Param<std::string> root{this, "data.root", thexp::required, "folder",
                                 thexp::non_empty()};
};

struct CheckedParams : Params {
  thexp::Param<int> low{this, "low", 1, ""};
  thexp::Param<int> high{this, "high", 2, ""};

  void check() const override {
    if (*low > *high) throw thexp::ParamError::invalid("low is above high");
  }
};

struct NamedParams : Params {
  std::string name() const override { return "Mine"; }
};

TEST_CASE("T1 any declared key can be set and everything prints as YAML") {
  Params params;
  params.add<int64_t>("epoch", 400).add<int64_t>("batch_size", 25);
  params.add<std::string>("dataset", "cifar10");
  params.set("epoch", 500);
  CHECK(params.to_string() ==
        "# Params\nepoch: 500\nbatch_size: 25\ndataset: cifar10\n");
  Params again;
  again.add<int64_t>("epoch", 1).add<int64_t>("batch_size", 1);
  again.add<std::string>("dataset", "");
  again.load_yaml_text(params.to_string());
  CHECK(again.hash() == params.hash());
}

TEST_CASE("T1 the printed name is the class's, or its own choice") {
  CHECK(SampleParams().name() == "SampleParams");
  CHECK(GanParams().name() == "GanParams");
  CHECK(NamedParams().to_string() == "# Mine\n{}\n");
}

TEST_CASE("T2 fields have defaults, and dotted paths nest") {
  SampleParams params;
  CHECK(*params.lr == 0.05);
  CHECK(params.lr.get() == 0.05);
  CHECK(params.mode->size() == 4);
  double lr = params.lr;
  const std::vector<int64_t>& milestones = params.milestones;
  CHECK(lr == 0.05);
  CHECK(milestones.empty());
  CHECK(params["optim.lr"] == Value(0.05));
  CHECK(params.to_value().at("optim") ==
        Value(Value::Dict{{"lr", 0.05}, {"momentum", 0.9}}));
}

TEST_CASE("T2 a group of fields is reused under several prefixes") {
  GanParams params;
  params.critic.lr = 0.5;
  CHECK(params.keys() ==
        std::vector<std::string>{"generator.lr", "generator.nesterov",
                                 "critic.lr", "critic.nesterov"});
  CHECK(*params.generator.lr == 0.1);
  CHECK(params["critic.lr"] == Value(0.5));
}

TEST_CASE("a field cannot be copied, its value can") {
  using Lr = thexp::Param<double>;
  CHECK_FALSE(std::is_copy_constructible_v<Lr>);
  CHECK_FALSE(std::is_copy_assignable_v<Lr>);
  CHECK_FALSE(std::is_copy_constructible_v<Params>);
  CHECK(std::is_convertible_v<const Lr&, double>);
}

TEST_CASE("a set value reaches field, key and origin") {
  SampleParams params;
  CHECK(params.origin("optim.lr") == "default");
  params.lr = 0.2;
  CHECK(params["optim.lr"] == Value(0.2));
  CHECK(params.lr.origin() == "program");
  params.set("optim.lr", 3, "sweep 7");
  CHECK(*params.lr == 3.0);
  CHECK(params.origin("optim.lr") == "sweep 7");
  params.milestones = {3, 5};
  params.mode = "slow";
  params.clip = 1.5;
  CHECK(params.to_value().at("clip") == Value(1.5));
  params.clip = std::nullopt;
  CHECK(params["clip"].is_null());
}

TEST_CASE("contains and keys name what is declared") {
  SampleParams params;
  CHECK(params.contains("optim.lr"));
  CHECK_FALSE(params.contains("optim"));
  CHECK(params.keys().front() == "epoch");
  CHECK(params.keys().size() == 10);
}

TEST_CASE("an unknown key suggests the near ones") {
  SampleParams params;
  CHECK(error_of([&] { params["optim.lrr"]; }) ==
        "optim.lrr: unknown key; did you mean \"optim.lr\"?");
  CHECK(error_of([&] { params.set("lr", 1); }) ==
        "lr (program): unknown key; did you mean \"optim.lr\"?");
  CHECK(error_of([&] { params.set("zebra", 1); }) ==
        "zebra (program): unknown key");
  CHECK(error_of([&] { params.set("optim.decay", 1); }) ==
        "optim.decay (program): unknown key; did you mean \"optim.lr\" or "
        "\"optim.momentum\"?");
  CHECK(error_of([&] { params.origin("x.y"); }) == "x.y: unknown key");
  CHECK(error_of([] { Params()["a"]; }) ==
        "a: unknown key (no parameters are declared)");
}

TEST_CASE("a word that ends several keys suggests each, at most five") {
  Params params;
  for (const char* group : {"a", "b", "c", "d", "e", "f"}) {
    params.add<double>(std::string(group) + ".lr", 0.1);
  }
  CHECK(error_of([&] { params["lr"]; }) ==
        "lr: unknown key; did you mean \"a.lr\", \"b.lr\", \"c.lr\", "
        "\"d.lr\" or \"e.lr\"?");
}

TEST_CASE("two keys that the command line cannot tell apart are refused") {
  Params params;
  params.add<int>("batch_size", 1);
  CHECK_CONTAINS(
      thexp_test::message_of<thexp::UsageError>(
          [&] { params.add<int>("batch-size", 1); }),
      "\"batch_size\" is declared; '-' and '_' are the same on the command "
      "line");
}

TEST_CASE("nothing is converted but an integer for a real") {
  SampleParams params;
  params.set("optim.lr", 2);
  CHECK(params["optim.lr"].is_real());
  CHECK(error_of([&] { params.set("epoch", 2.0); }) ==
        "epoch (program): 2.0 is not an integer; write 2");
  CHECK(error_of([&] { params.set("epoch", 2.5); }) ==
        "epoch (program): 2.5 is not an integer");
  CHECK(error_of([&] { params.set("epoch", true); }) ==
        "epoch (program): true is not an integer");
  CHECK(error_of([&] { params.set("amp", 1); }) ==
        "amp (program): 1 is not a bool; write true");
  CHECK(error_of([&] { params.set("note", 1); }) ==
        "note (program): 1 is not text; write \"1\"");
  CHECK(error_of([&] { params.set("optim.lr", "0.1"); }) ==
        "optim.lr (program): \"0.1\" is not a real number; write 0.1");
  CHECK(error_of([&] { params.set("milestones", 3); }) ==
        "milestones (program): 3 is not a list of integers; write [3]");
  CHECK(error_of([&] {
          params.set("milestones", Value::List{1, "a"});
        }) == "milestones (program): \"a\" is not an integer");
  CHECK(error_of([&] { params.set("clip", "x"); }) ==
        "clip (program): \"x\" is not a real number or null");
  CHECK(error_of([&] { params.set("epoch", nullptr); }) ==
        "epoch (program): null is not an integer");
  CHECK(error_of([&] {
          params.set("note", Value::Dict{{"a", 1}});
        }) == "note (program): {a: 1} is not text");
  CHECK(*params.epoch == 10);
}

TEST_CASE("int is checked to its 32 bits, text to be UTF-8") {
  SampleParams params;
  params.set("workers", 2147483647);
  CHECK(*params.workers == 2147483647);
  CHECK(error_of([&] { params.set("workers", 2147483648); }) ==
        "workers (program): 2147483648 is out of range; must be between "
        "-2147483648 and 2147483647");
  CHECK(error_of([&] { params.set("note", "ab\xff"); }) ==
        "note (program): byte 3 of the text is not UTF-8");
}

TEST_CASE("a long value is cut in a message") {
  SampleParams params;
  std::string message =
      error_of([&] { params.set("epoch", std::string(1000, 'x')); });
  CHECK_CONTAINS(message, "xxx... is not an integer");
  CHECK(message.size() < 100);
}

TEST_CASE("required parameters must be given before they are used") {
  MustParams params;
  CHECK_FALSE(params.must.is_set());
  CHECK(params.origin("must").empty());
  CHECK(params["must"].is_null());
  CHECK(error_of([&] { params.must.get(); }) ==
        "must: required, but not given; set it in a file or with "
        "--must=VALUE");
  CHECK(error_of([&] { params.validate(); }) ==
        "required parameters are not given: must, data.root; set them in a "
        "file or with --KEY=VALUE");
  CHECK(params.to_yaml() == "{}\n");
  params.must = 3;
  CHECK(error_of([&] { params.root = ""; }) ==
        "data.root (program): \"\" is not allowed; must be not empty");
  params.root = "x";
  params.validate();
  CHECK(*params.must == 3);
}

TEST_CASE("validate calls the user's own check") {
  CheckedParams params;
  params.validate();
  params.low = 5;
  CHECK(error_of([&] { params.validate(); }) ==
        "invalid parameters: low is above high");
}

TEST_CASE("wrong declarations are usage errors") {
  auto declare = [](const std::string& first, const std::string& second) {
    return message_of<UsageError>(
        [&] { Params().add<int>(first, 0).add<int>(second, 0); });
  };
  CHECK(declare("a", "a") ==
        "cannot declare the parameter \"a\": \"a\" is declared already");
  CHECK_CONTAINS(declare("optim", "optim.lr"),
                 "\"optim\" is declared; a key cannot be a value and a group");
  CHECK_CONTAINS(declare("optim.lr", "optim"), "\"optim.lr\" is declared");
  for (const char* key :
       {"", ".", "a.", ".a", "a..b", "a b", "1a", "ä", "a="}) {
    CHECK_CONTAINS(declare("ok", key), "a key is made of letters");
  }
  for (const char* key : {"base", "base.x", "config", "help"}) {
    CHECK_CONTAINS(declare("ok", key), "is reserved");
  }
  CHECK(message_of<UsageError>([] {
          Params()
              .add<std::string>("init", "x", "how to begin")
              .add<double>("init.std", 1, "spread of the first weights");
        }) ==
        "cannot declare the parameter \"init.std\" (spread of the first "
        "weights): \"init\" (how to begin) is declared; a key cannot be a "
        "value and a group at once");
  Params near;
  near.add<int>("optim", 0).add<int>("optimizer.lr", 0).add<int>("based", 0);
  CHECK(near.keys().size() == 3);
}

TEST_CASE("T5 a default that breaks its own constraint is a usage error") {
  CHECK(message_of<UsageError>([] {
          Params().add<double>("lr", 20, "", thexp::between(0, 10));
        }) ==
        "cannot declare the parameter \"lr\": its default: 20.0 is out of "
        "range; must be between 0 and 10");
}

TEST_CASE("freeze and lock name the key and the reason") {
  SampleParams params;
  params.lock("epoch");
  CHECK(error_of([&] { params.epoch = 3; }) ==
        "epoch (program): cannot be changed; this parameter is locked");
  CHECK_THROWS_AS(params.lock("epok"), thexp::ParamError);
  params.lr = 0.1;
  params.freeze("training started");
  CHECK(params.is_frozen());
  CHECK(error_of([&] { params.lr = 0.2; }) ==
        "optim.lr (program): cannot be changed; parameters are frozen since "
        "training started");
  CHECK_CONTAINS(error_of([&] { params.load_yaml_text("amp: true", "b"); }),
                 "b:1:6: amp: cannot be changed; parameters are frozen");
  CHECK(*params.lr == 0.1);
}

TEST_CASE("diff tells before and after") {
  SampleParams a, b;
  CHECK(a.diff(b).empty());
  CHECK(to_string(a.diff(b)).empty());
  b.lr = 1e-5;
  b.note = "a: b";
  b.add<int>("extra", 1);
  CHECK(to_string(a.diff(b)) ==
        "optim.lr: 0.05 -> 1.0e-05\n"
        "note: \"\" -> \"a: b\"\n"
        "extra: (absent) -> 1\n");
  CHECK(a.diff(b)[0].after == Value(1e-5));
  CHECK(to_string(b.diff(a)).find("extra: 1 -> (absent)") != std::string::npos);
}

TEST_CASE("the typed read of a dynamic parameter") {
  Params params;
  params.add<std::optional<std::vector<double>>>("betas", std::nullopt);
  params.set("betas", Value::List{1, 0.5});
  CHECK(params["betas"] == Value(Value::List{1.0, 0.5}));
  params.set("betas", nullptr);
  CHECK(params["betas"].is_null());
}

struct OptimParams : thexp::Params {
  thexp::Param<double> lr{this, "lr", 1.0, "learning rate",
                          thexp::between(0.0, 2.0)};
  thexp::Param<double> momentum{this, "momentum", 0.0, "momentum"};
  thexp::Param<bool> nesterov{this, "nesterov", false, "look ahead"};
};

TEST_CASE("S7 a group of parameters becomes a component's own") {
  SampleParams params;
  params.lr = 0.5;
  auto optim = params.at("optim").as<OptimParams>();
  CHECK(*optim->lr == 0.5);
  CHECK(*optim->momentum == 0.9);
  CHECK_FALSE(*optim->nesterov);
  CHECK(optim->origin("lr") == "program");
  optim->lr = 0.25;
  CHECK(*params.lr == 0.5);
  CHECK(params.at("optim.lr").as<double>() == 0.5);
  CHECK(params.at("milestones").as<std::vector<int64_t>>().empty());
}

TEST_CASE("S7 what a component does not know, or not take, is an error") {
  struct Rate : thexp::Params {
    thexp::Param<double> lr{this, "lr", 1.0, "learning rate"};
  };
  SampleParams params;
  params.lr = 5;
  CHECK(error_of([&] { params.at("optim").as<OptimParams>(); }) ==
        "optim.lr (program): 5.0 is out of range; must be between 0 and 2");
  CHECK_CONTAINS(error_of([&] { params.at("optim").as<Rate>(); }),
                 "optim.momentum (default)");
  CHECK_CONTAINS(error_of([&] { params.at("optin"); }), "optin");
  CHECK_CONTAINS(error_of([&] { params.at("optim").as<double>(); }),
                 "a group of parameters");
  CHECK_CONTAINS(error_of([&] { params.at("note").as<double>(); }), "note");
}

}  // namespace
