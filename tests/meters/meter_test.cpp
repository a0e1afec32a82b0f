#include "thexp/meters/meter.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <limits>
#include <string>
#include <vector>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::Meter;
using thexp_test::message_of;

at::Tensor grid() {
  return at::tensor({0.22271, 0.87711, 0.74461, 0.76011}, at::kFloat)
      .repeat({4, 1});
}

TEST_CASE("a meter is made from its values") {
  Meter meter{{"loss", at::scalar_tensor(0.5)}, {"seen", 3}, {"name", "net"}};
  CHECK(meter.to_string() == "@loss=0.5000  @seen=3  @name=net");
  auto make = [] { return Meter{{"bad", at::Tensor()}}; };
  CHECK_THROWS_AS(make(), thexp::UsageError);
}

TEST_CASE("a meter's weight is a positive number") {
  for (double wrong : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(Meter().weight(wrong), thexp::UsageError);
  }
}

TEST_CASE("T7 a meter prints numbers, text and tensors in order") {
  Meter meter;
  meter["a"] = 1;
  meter["b"] = "2";
  meter["c"] = at::scalar_tensor(0.70721);
  meter["c1"] = at::tensor({0.38921}, at::kFloat);
  meter["c2"] = at::tensor({0.706, 0.4127}, at::kFloat);
  meter["c3"] = grid();
  CHECK(meter.to_string() ==
        "@a=1  @b=2  @c=0.7072  @c1=0.3892  @c2=tensor([0.7060, 0.4127])  "
        "@c3=tensor([[0.2227, 0.8771, 0.7446, 0.7601],...");
}

TEST_CASE("T26 lists and dicts are values of a meter") {
  using thexp::Value;
  Meter meter;
  meter["d"] = Value::List{4};
  meter["e"] = Value::Dict{{"5", "6"}};
  meter["long"] = std::vector<int>(100, 1);
  CHECK(meter.value("d") == Value(Value::List{4}));
  CHECK_CONTAINS(meter.to_string(), "@d=[4]  @e={\"5\":\"6\"}  @long=[1,1,");
  CHECK_CONTAINS(meter.to_string(), ",1,1,1,...");
  using thexp::UsageError;
  CHECK_CONTAINS(message_of<UsageError>([&] { meter.number("d"); }),
                 "meter key 'd' holds the list [4], not a number");
  CHECK_CONTAINS(message_of<UsageError>([&] { meter.add("d", 1); }),
                 "not a number to add to");
  CHECK_THROWS_AS(meter.tensor("e"), UsageError);
  CHECK_THROWS_AS(meter.text("e"), UsageError);
  meter["n"] = 1;
  CHECK_THROWS_AS(meter.value("n"), UsageError);
}

TEST_CASE("T7 of a large tensor the first row is shown") {
  auto shown = [](const at::Tensor& tensor) {
    Meter meter;
    meter["t"] = tensor;
    return meter.to_string();
  };
  CHECK(shown(at::arange(6).reshape({1, 2, 3})) == "@t=tensor([[[0, 1, 2],...");
  CHECK(shown(at::arange(3).reshape({1, 3})) == "@t=tensor([[0, 1, 2]])");
  CHECK(shown(at::arange(10)) == "@t=tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])");
  CHECK(shown(at::arange(1000)) == "@t=tensor([0, 1, 2, ..., 997, 998, 999])");
  CHECK(shown(at::zeros({2, 0})) == "@t=tensor([], size=[2, 0])");
  CHECK(shown(at::arange(2).eq(0)) == "@t=tensor([1, 0])");
}

TEST_CASE("T7 a value comes back as it was") {
  Meter meter;
  meter["real"] = 0.123456789;
  meter["integer"] = int64_t{1} << 60;
  meter["name"] = std::string("resnet");
  meter["scalar"] = at::scalar_tensor(0.1, at::kDouble);
  meter["grid"] = grid();
  CHECK(meter.number("real") == 0.123456789);
  CHECK(meter.tensor("integer").item<int64_t>() == int64_t{1} << 60);
  CHECK(meter.text("name") == "resnet");
  CHECK(meter.number("scalar") == 0.1);
  CHECK(meter.tensor("grid").equal(grid()));
  CHECK(meter.tensor("real").scalar_type() == at::kDouble);
}

TEST_CASE("T7 one element of any number type is read at once") {
  for (at::ScalarType type :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    Meter meter;
    meter["x"] = at::scalar_tensor(2.5, type);
    CHECK(meter.to_string() == "@x=2.5000");
  }
  for (at::ScalarType type :
       {at::kLong, at::kInt, at::kShort, at::kChar, at::kByte}) {
    Meter meter;
    meter["x"] = at::full({1, 1}, 3, type);
    CHECK(meter.to_string() == "@x=3");
  }
  Meter meter;
  meter["flag"] = true;
  meter["flag tensor"] = at::scalar_tensor(true, at::kBool);
  CHECK(meter.to_string() == "@flag=1  @flag tensor=1");
}

TEST_CASE("T7 a view's element is its own, not its storage's first") {
  Meter meter;
  meter["x"] = at::arange(5)[3];
  meter["negated"] = at::imag(at::complex(at::ones({1}), at::ones({1})).conj());
  CHECK(meter.number("x") == 3);
  CHECK(meter.number("negated") == -1);
}

TEST_CASE(
    "T7 a CPU scalar is read on assignment, so later changes do not show") {
  at::Tensor loss = at::ones({});
  Meter meter;
  meter["loss"] = loss;
  loss.fill_(5);
  CHECK(meter.number("loss") == 1);
}

TEST_CASE("T7 tensors lose their graph") {
  at::Tensor weight = at::ones({2}).requires_grad_();
  Meter meter;
  meter["product"] = weight * 2;
  meter["loss"] = (weight * 2).sum();
  CHECK_FALSE(meter.tensor("product").requires_grad());
  CHECK(meter.number("loss") == 4);
}

TEST_CASE("T7 a tensor of another device is not read on assignment") {
  // A meta tensor has no values: reading one throws.
  at::Tensor loss =
      at::ones({}, at::TensorOptions(at::kMeta)).requires_grad_() * 2;
  Meter meter;
  meter["loss"] = loss;
  meter.percent("acc").max() = loss;
  meter.add("all", loss);
  meter.add("all", 3);
  CHECK(meter.tensor("all").is_meta());
  CHECK_FALSE(meter.tensor("loss").requires_grad());
  CHECK_THROWS(meter.number("loss"));
  CHECK_THROWS(meter.to_string());
}

TEST_CASE("T7 tensors of inference mode are taken too") {
  Meter meter;
  {
    c10::InferenceMode inference;
    meter["x"] = at::ones({2}) * 3;
    meter["y"] = at::ones({}) * 3;
  }
  CHECK(meter.to_string() == "@x=tensor([3.0000, 3.0000])  @y=3.0000");
}

TEST_CASE("T8 a format belongs to its key") {
  Meter meter;
  meter.percent("a") = 0.236;
  meter.integer("n") = 3.6;
  meter.fixed("lr", 6) = 0.1;
  meter["late"] = 0.5;
  meter["late"].percent();
  meter.percent("acc") = at::tensor({0.5, 0.25}, at::kFloat);
  CHECK(meter.to_string() ==
        "@a=23.60%  @n=4  @lr=0.100000  @late=50.00%  "
        "@acc=tensor([50.00%, 25.00%])");
  meter["a"] = 1;  // an integer now: still in percent
  CHECK(meter.number("a") == 1);
  CHECK_CONTAINS(meter.to_string(), "@a=100.00%");
}

TEST_CASE("T8 a key whose format alone was stated has no value") {
  Meter meter;
  meter.percent("a");
  CHECK_FALSE(meter.contains("a"));
  CHECK(meter.to_string().empty());
  CHECK(meter.size() == 1);
  meter["a"] = 0.5;
  CHECK(meter.contains("a"));
  CHECK(meter.to_string() == "@a=50.00%");
}

TEST_CASE("T10 a missing key adds up from nothing") {
  Meter meter;
  meter.add("all", 5);
  meter.add("all", 3);
  CHECK(meter.to_string() == "@all=8");
  meter.add("all", 0.5);
  CHECK(meter.to_string() == "@all=8.5000");
  meter["all"] += at::tensor({1.5});
  CHECK(meter.number("all") == 10);
}

TEST_CASE("T10 tensors add up without changing those that were given") {
  at::Tensor first = at::ones({2});
  Meter meter;
  meter.add("t", first);
  meter.add("t", first);
  meter.add("t", 1);
  CHECK(meter.tensor("t").equal(at::full({2}, 3.0)));
  CHECK(first.equal(at::ones({2})));
  meter["name"] = "a";
  CHECK(message_of<thexp::UsageError>([&] { meter.add("name", 1); }) ==
        "meter key 'name' holds the text 'a', not a number to add to");
}

TEST_CASE("an aggregation is stated per key, mean when nothing is said") {
  Meter meter;
  meter["a"] = 1;
  meter["b"].sum() = 17;
  meter["c"].max() = 2.0;
  meter.integer("d").last() = 3;
  meter["e"].min().percent() = 0.5;
  std::vector<std::string> names;
  for (const thexp::MeterEntry& entry : meter) {
    names.emplace_back(thexp::aggregation_name(entry.aggregation));
  }
  CHECK(names == std::vector<std::string>{"mean", "sum", "max", "last", "min"});
}

TEST_CASE("entries are visited in the order of their first mention") {
  Meter meter;
  for (const char* key : {"z", "a", "m", "b", "y", "c"}) meter[key] = 1;
  meter["z"] = 2;
  std::string order;
  for (const thexp::MeterEntry& entry : meter) order += entry.key;
  CHECK(order == "zambyc");
  meter.clear();
  CHECK(meter.empty());
}

TEST_CASE("a slot stays good while the meter grows") {
  Meter meter;
  thexp::MeterSlot slot = meter["first"];
  for (int i = 0; i < 100; ++i) meter["key" + std::to_string(i)] = i;
  slot = 7;
  CHECK(meter.number("first") == 7);
}

TEST_CASE("reading what is not there, or is something else, says so") {
  Meter meter;
  CHECK(message_of<thexp::UsageError>([&] { meter.number("loss"); }) ==
        "the meter has no value 'loss' (there are: none)");
  meter["loss"] = 0.5;
  meter["name"] = "a";
  meter["grid"] = grid();
  meter.percent("unset");
  CHECK(message_of<thexp::UsageError>([&] { meter.number("los"); }) ==
        "the meter has no value 'los' (there are: loss, name, grid)");
  CHECK(message_of<thexp::UsageError>([&] { meter.number("name"); }) ==
        "meter key 'name' holds the text 'a', not a number");
  CHECK(message_of<thexp::UsageError>([&] { meter.number("grid"); }) ==
        "meter key 'grid' holds the tensor float [4, 4] on cpu, not a number");
  CHECK(message_of<thexp::UsageError>([&] { meter.text("loss"); }) ==
        "meter key 'loss' holds the number 0.5000, not text");
  CHECK_THROWS_AS(meter.tensor("name"), thexp::UsageError);
}

TEST_CASE("tensors that cannot be averaged are refused on assignment") {
  Meter meter;
  auto message = [&](const at::Tensor& tensor) {
    return message_of<thexp::UsageError>([&] { meter["x"] = tensor; });
  };
  CHECK(message(at::Tensor()) ==
        "meter key 'x': the tensor is undefined (undefined)");
  CHECK_CONTAINS(message(at::zeros({2}, at::kComplexFloat)),
                 "complex tensors have no order");
  CHECK_CONTAINS(message(at::zeros({2, 2}).to_sparse()), "is not dense");
}

TEST_CASE("an unsigned number beyond int64 stays close, and positive") {
  Meter meter;
  meter["n"] = std::numeric_limits<uint64_t>::max();
  CHECK(meter.number("n") == 18446744073709551615.0);
}

}  // namespace
