#include "thexp/base/value.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Value;
using thexp_test::message_of;

Value sample() {
  return Value::Dict{
      {"epoch", 3},   {"lr", 1e-3},      {"tags", Value::List{"a", "b\n\"c\""}},
      {"done", true}, {"none", nullptr}, {"nested", Value::Dict{{"名", "值"}}}};
}

TEST_CASE("JSON round trip keeps types, order and text") {
  Value value = sample();
  std::string json = value.to_json();
  CHECK(json == R"({"epoch":3,"lr":0.001,"tags":["a","b\n\"c\""],"done":true,)"
                R"("none":null,"nested":{"名":"值"}})");
  CHECK(Value::from_json(json) == value);
  CHECK(Value::from_json(value.to_json(2)).to_json() == json);
}

TEST_CASE("equality and hash ignore the order of keys, not of items") {
  Value a = Value::Dict{{"x", 1}, {"y", Value::List{1, 2}}};
  Value b = Value::Dict{{"y", Value::List{1, 2}}, {"x", 1}};
  Value c = Value::Dict{{"y", Value::List{2, 1}}, {"x", 1}};
  CHECK(a == b);
  CHECK(a.hash() == b.hash());
  CHECK(a != c);
  CHECK(a.hash() != c.hash());
  CHECK(Value(1) != Value(1.0));
}

TEST_CASE("malformed JSON names source, line and column") {
  std::string message = message_of<thexp::FormatError>(
      [] { Value::from_json("{\"a\": 1,\n \"b\": }", "run.json"); });
  CHECK_CONTAINS(message, "run.json:2:7: malformed JSON");
  message = message_of<thexp::FormatError>(
      [] { Value::from_json("{\"a\xAC\": 1}"); });
  CHECK_CONTAINS(message, "last read: '\"a\\xac'");
  message = message_of<thexp::FormatError>(
      [] { Value::from_json("{\"a\": 1, \"a\": 2}"); });
  CHECK_CONTAINS(message, "\"a\" appears twice");
  std::string many = "{\"a\": 1";
  for (int i = 0; i < 100; ++i) many += ", \"" + std::to_string(i) + "\": 0";
  CHECK(Value::from_json(many + "}").as_dict().size() == 101);
  for (const char* key : {"a", "0", "99"}) {
    message = message_of<thexp::FormatError>(
        [&] { Value::from_json(many + ", \"" + key + "\": 1}"); });
    CHECK_CONTAINS(message, "\"" + std::string(key) + "\" appears twice");
  }
  message = message_of<thexp::FormatError>(
      [] { Value::from_json("[18446744073709551615]"); });
  CHECK_CONTAINS(message, "18446744073709551615 is outside of 64 bits");
  CHECK_THROWS_AS(Value::from_json(std::string(100000, '[')),
                  thexp::FormatError);
}

TEST_CASE("a JSON number that no 64 bits hold is an error, not another one") {
  auto message = [](const char* text) {
    return message_of<thexp::FormatError>(
        [&] { Value::from_json(text, "a.json"); });
  };
  CHECK(message("[1e-400]") ==
        "a.json: the number 1e-400 is too small for a double; write 0.0");
  CHECK_CONTAINS(message("[-0.00001e-330]"), "-0.00001e-330 is too small");
  CHECK_CONTAINS(message("[1e400]"), "1e400");
  CHECK(message("[99999999999999999999]") ==
        "a.json: the integer 99999999999999999999 is outside of 64 bits; as a "
        "real it is 99999999999999999999.0");
  CHECK(Value::from_json("[0e-400]").as_list()[0] == Value(0.0));
  CHECK(Value::from_json("[5e-324]").as_list()[0] == Value(5e-324));
  for (const char* text : {"[-0]", "[-0.0]", "[-0e7]"}) {
    INFO(text);
    CHECK(std::signbit(Value::from_json(text).as_list()[0].as_real()));
  }
  CHECK(Value::from_json(Value(-0.0).to_json()).to_json() == "-0.0");
}

TEST_CASE("non-finite reals are written as words") {
  Value nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(Value(Value::List{nan}).to_json() == R"(["nan"])");
  CHECK(nan == nan);
}

TEST_CASE("the numbers that Python writes and JSON has no word for are read") {
  // json.dumps({"a NaN": float("nan"), "\\\"-Infinity": [1, -math.inf, 2.5],
  //             "best": math.inf, "n": 3})
  Value value = Value::from_json(
      R"({"a NaN": NaN, "\\\"-Infinity": [1, -Infinity, 2.5], )"
      R"("best": Infinity, "n": 3})");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(value.at("a NaN").as_real()));
  CHECK(value.at("\\\"-Infinity") == Value(Value::List{1, -kInfinity, 2.5}));
  CHECK(value.at("best").as_real() == kInfinity);
  CHECK(value.at("n").as_integer() == 3);
  CHECK(Value::from_json("\"NaN\"").as_text() == "NaN");
  CHECK(std::isnan(Value::from_json("NaN").as_real()));
}

TEST_CASE("a word within a number or a name is malformed JSON, in its place") {
  for (const char* text : {"[1NaN]", "[NaN.5]", "[-NaN]", "[+Infinity]",
                           "{NaN: 1}", "[nan]", "[NaNs]", "[Infinit]"}) {
    INFO(text);
    CHECK_THROWS_AS(Value::from_json(text), thexp::FormatError);
  }
  CHECK_CONTAINS(message_of<thexp::FormatError>(
                     [] { Value::from_json("{\"a\": NaN,\n \"b\": }", "x"); }),
                 "x:2:7: malformed JSON");
}

TEST_CASE("a number too small for a double is not silently 0") {
  CHECK(message_of<thexp::FormatError>([] { Value::from_json("[1e-400]"); }) ==
        "JSON: the number 1e-400 is too small for a double; write 0.0");
  CHECK(Value::from_json("[0.0e-400, -0.0, 5e-324]").as_list()[2].as_real() >
        0);
}

TEST_CASE("a wrong type or key says what is there") {
  CHECK_CONTAINS(message_of<thexp::UsageError>([] { Value("x").as_integer(); }),
                 "integer was asked for, but the value is \"x\" (text)");
  CHECK_CONTAINS(message_of<thexp::UsageError>([] { sample().at("lrr"); }),
                 "no key 'lrr' (there are: epoch, lr,");
  CHECK(Value(3).as_real() == 3.0);
}

TEST_CASE("operator[] adds, and makes a dict of null") {
  Value value;
  value["a"]["b"] = 1;
  CHECK(value.to_json() == R"({"a":{"b":1}})");
}

}  // namespace
