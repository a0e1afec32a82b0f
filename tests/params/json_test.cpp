#include "fixture.h"

namespace {

using thexp::Params;
using thexp::Value;
using thexp_test::error_of;
using thexp_test::SampleParams;

TEST_CASE("T6 the JSON round trip gives an equal hash") {
  SampleParams params, again;
  params.lr = 0.1;
  params.milestones = {1, 2};
  params.clip = 1.0;
  params.note = "a: \"b\"\n名";
  again.load_json(params.to_json(), "params.json");
  CHECK(again.hash() == params.hash());
  CHECK(again.diff(params).empty());
  CHECK(again.origin("optim.lr") == "params.json");
  CHECK_CONTAINS(params.to_json(-1), "\"optim\":{\"lr\":0.1,");
}

TEST_CASE("T6 a tree of values loads too, with nested or dotted keys") {
  SampleParams params;
  params.load_value(
      Value::Dict{{"optim", Value::Dict{{"lr", 1}}}, {"optim.momentum", 0.5}});
  CHECK(*params.lr == 1.0);
  CHECK(*params.momentum == 0.5);
}

TEST_CASE("T6 wrong JSON names the source and the key") {
  SampleParams params;
  auto load = [&](const std::string& text) {
    return error_of([&] { params.load_json(text, "p.json"); });
  };
  CHECK_CONTAINS(load("{\"epoch\": }"), "p.json:1:11: malformed JSON");
  CHECK_CONTAINS(load("{\"epoc\": 1}"),
                 "p.json: epoc: unknown key; did you mean \"epoch\"?");
  CHECK(load("{\"optim\": {\"lr\": \"x\"}}") ==
        "p.json: optim.lr: \"x\" is not a real number");
  CHECK(load("{\"milestones\": [1, true]}") ==
        "p.json: milestones[1]: true is not an integer");
  CHECK(load("[1]") ==
        "p.json: [1] is not a map of parameters; write key: value");
}

TEST_CASE("T6 equal trees hash alike, whatever their order") {
  Params a, b, c;
  a.add<std::string>("a", "asd").add<std::string>("b.d", "asd");
  b.add<std::string>("b.d", "asd").add<std::string>("a", "asd");
  c.add<std::string>("a", "asd").add<std::string>("b.d", "other");
  CHECK(a.hash() == b.hash());
  CHECK(a.hash() != c.hash());
  c.set("b.d", "asd");
  CHECK(a.hash() == c.hash());
}

TEST_CASE("T6 the hash is the same in every build") {
  Params params;
  params.add<std::string>("a", "asd").add<double>("b.c", 0.5);
  CHECK(
      params.hash() ==
      Value(Value::Dict{{"b", Value::Dict{{"c", 0.5}}}, {"a", "asd"}}).hash());
}

}  // namespace
