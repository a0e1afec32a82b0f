#include <cmath>

#include "fixture.h"

namespace {

using thexp::Value;
using thexp_test::SampleParams;

TEST_CASE("T1 the YAML is nested, in the order of declaration") {
  SampleParams params;
  params.milestones = {3, 5};
  params.tags = {"a", "no", "1e-3"};
  CHECK(params.to_yaml() ==
        "epoch: 10\n"
        "workers: 0\n"
        "optim:\n"
        "  lr: 0.05\n"
        "  momentum: 0.9\n"
        "amp: false\n"
        "mode: fast\n"
        "note: \"\"\n"
        "milestones: [3, 5]\n"
        "tags: [a, \"no\", \"1e-3\"]\n"
        "clip: null\n");
}

TEST_CASE("T6 every text survives the YAML round trip") {
  const std::string texts[] = {"",
                               " ",
                               "  both ends  ",
                               "plain",
                               "two words",
                               "true",
                               "false",
                               "True",
                               "yes",
                               "No",
                               "on",
                               "OFF",
                               "y",
                               "null",
                               "Null",
                               "~",
                               "1",
                               "-1",
                               "+1",
                               "0",
                               "007",
                               "0x10",
                               "1_000",
                               "1e-3",
                               "1.",
                               ".5",
                               ".inf",
                               "-.inf",
                               ".nan",
                               "inf",
                               "nan",
                               "12:30:45",
                               "2026-11-21",
                               "<<",
                               "=",
                               "-",
                               "- a",
                               "--a",
                               "?",
                               "? a",
                               ":",
                               "a:",
                               ":a",
                               "a: b",
                               "a:b",
                               "#",
                               "a #b",
                               "a#b",
                               "#a",
                               "&a",
                               "*a",
                               "!a",
                               "!!str",
                               "|",
                               ">",
                               "%a",
                               "@a",
                               "`a",
                               "'",
                               "''",
                               "\"",
                               "\"\"",
                               "it's",
                               "say \"hi\"",
                               "[",
                               "]",
                               "[a]",
                               "{",
                               "}",
                               "{a: b}",
                               ",",
                               "a, b",
                               "\\",
                               "\\n",
                               "a\\",
                               "\n",
                               "\n\n",
                               "a\nb",
                               "a\n",
                               "\na",
                               "a\n\n  b\n",
                               "\t",
                               "a\tb",
                               "\r",
                               "a\r\nb",
                               "\x01",
                               "\x04",
                               "\x1b[0m",
                               "\x7f",
                               std::string("a\0b", 3),
                               "---",
                               "...",
                               "--- a",
                               "größe",
                               "名前",
                               "😀",
                               "\xC2\x85",
                               "a\xE2\x80\xA8"
                               "b",
                               "\xE2\x80\xA9",
                               "\xEF\xBB\xBF"
                               "bom",
                               "\xC2\xA0",
                               "/abs/path",
                               "./rel",
                               "../up",
                               ".hidden",
                               "~/home",
                               "C:\\dir",
                               "http://a.b/c?d=e&f#g",
                               "a=b",
                               "$HOME",
                               "%20",
                               std::string(5000, 'x'),
                               std::string(300, ' ') + "end"};
  for (const std::string& text : texts) {
    SampleParams params;
    params.note = text;
    params.tags = {text, "x", text};
    INFO("text: '" << text << "', YAML:\n" << params.to_yaml());
    SampleParams again;
    again.load_yaml_text(params.to_yaml());
    CHECK(*again.note == text);
    CHECK(again.hash() == params.hash());
    SampleParams from_json;
    from_json.load_json(params.to_json());
    CHECK(*from_json.note == text);
    SampleParams from_args;
    from_args.parse_args({"--note=" + text});
    CHECK(*from_args.note == text);
  }
}

TEST_CASE("T6 every real survives the YAML round trip") {
  const double reals[] = {0.0,
                          -0.0,
                          1.0,
                          -1.5,
                          0.1,
                          1e-5,
                          1e20,
                          1e22,
                          123456789.125,
                          5e-324,
                          2.2250738585072014e-308,
                          1.7976931348623157e308,
                          1.0 / 3.0,
                          1e15,
                          1e16,
                          1e17,
                          -1e-300,
                          std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity(),
                          std::numeric_limits<double>::quiet_NaN()};
  for (double real : reals) {
    SampleParams params, again, from_json;
    params.momentum = real;
    params.clip = real;
    INFO(params.to_yaml());
    again.load_yaml_text(params.to_yaml());
    CHECK(again["optim.momentum"] == params["optim.momentum"]);
    CHECK(std::signbit(*again.momentum) == std::signbit(real));
    CHECK(again["clip"] == params["clip"]);
    from_json.load_json(params.to_json());
    CHECK(from_json["clip"] == params["clip"]);
    CHECK(std::signbit(**from_json.clip) == std::signbit(real));
  }
}

TEST_CASE("T6 integers at the ends of 64 bits survive") {
  using Limits = std::numeric_limits<int64_t>;
  thexp::Params params, again;
  for (thexp::Params* p : {&params, &again}) {
    p->add<std::vector<int64_t>>("n", {});
    p->add<std::vector<bool>>("b", {});
    p->add<std::vector<double>>("r", {});
  }
  params.set("n", Value::List{Limits::min(), Limits::max(), 0});
  params.set("b", Value::List{true, false});
  params.set("r", Value::List{1, 2.5});
  again.load_yaml_text(params.to_yaml());
  CHECK(again.to_value() == params.to_value());
  CHECK_CONTAINS(params.to_yaml(), "r: [1.0, 2.5]");
}

TEST_CASE("reals are written so that YAML 1.1 readers see numbers") {
  SampleParams params;
  params.momentum = 1e-5;
  CHECK_CONTAINS(params.to_yaml(), "momentum: 1.0e-05\n");
  params.momentum = 1e20;
  CHECK_CONTAINS(params.to_yaml(), "momentum: 1.0e+20\n");
}

TEST_CASE("keys that look like other things load again") {
  thexp::Params params, again;
  for (thexp::Params* p : {&params, &again}) {
    p->add<int>("on", 1).add<int>("null.y", 2).add<int>("no-cache", 3);
  }
  params.set("null.y", 7);
  again.load_yaml_text(params.to_yaml());
  CHECK(again["null.y"] == Value(7));
}

}  // namespace
