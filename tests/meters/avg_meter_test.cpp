#include "thexp/meters/avg_meter.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "thexp/base/error.h"
#include "thexp/meters/accuracy.h"

namespace {

using thexp::AvgMeter;
using thexp::Meter;
using thexp::UsageError;
using thexp::Value;
using thexp_test::message_of;

template <typename T>
Meter one(const char* key, const T& value) {
  Meter meter;
  meter[key] = value;
  return meter;
}

TEST_CASE("a mean goes by the weight that a meter states") {
  AvgMeter average;
  average.update(Meter{{"loss", 1.0}}.weight(30), 8);
  average.update(Meter{{"loss", 4.0}}.weight(10), 8);
  CHECK(average.average("loss") == 1.75);
}

TEST_CASE("a number of all batches is set beside the means") {
  AvgMeter average;
  average.update(Meter{{"loss", 1.0}}, 8);
  average.set("f1", 0.25);
  average.set("f1", 0.5);
  CHECK(average.summary() == "@loss=1.0000  @f1=0.5000");
  CHECK(average.aggregate("f1") == 0.5);
}

TEST_CASE("T9 shows current(average) in the key's format") {
  AvgMeter average;
  for (double value : {0.5, 0.25}) {
    Meter meter;
    meter.percent("acc") = value;
    meter["loss"] = at::scalar_tensor(value * 2);
    average.update(meter);
  }
  CHECK(average.to_string() == "@acc=25.00%(37.50%)  @loss=0.5000(0.7500)");
  CHECK(average.current("acc") == 0.25);
  CHECK(average.average("acc") == 0.375);
}

TEST_CASE("T9 means weigh batches by their size") {
  AvgMeter average;
  average.update(one("loss", 1.0), 32);
  average.update(one("loss", 4.0), 16);
  CHECK(average.average("loss") == 2.0);
  CHECK(average.weight("loss") == 48);
  CHECK(average.count("loss") == 2);
  CHECK(average.to_string() == "@loss=4.0000(2.0000)");
}

TEST_CASE("T9 each aggregation shows what it keeps") {
  AvgMeter average;
  for (int value : {3, 9, 6}) {
    Meter meter;
    meter["mean"] = value;
    meter["sum"].sum() = value;
    meter["min"].min() = value;
    meter["max"].max() = value * 1.0;
    meter["last"].last() = value;
    average.update(meter, 10);
  }
  CHECK(average.to_string() ==
        "@mean=6  @sum=6(18)  @min=6(3)  @max=6.0000(9.0000)  @last=6");
  CHECK(average.values() ==
        std::vector<std::pair<std::string, double>>{
            {"mean", 6}, {"sum", 18}, {"min", 3}, {"max", 9}, {"last", 6}});
  CHECK(average.aggregate("sum") == 18);
}

TEST_CASE("T26 integers are shown without their mean") {
  AvgMeter average;
  for (int value : {1, 2}) {
    Meter meter;
    meter["a"] = value;
    meter["b"] = at::full({}, value, at::kLong);
    meter.integer("c") = value;
    meter.percent("share") = value;  // of what is real elsewhere
    average.update(meter);
  }
  CHECK(average.to_string() == "@a=2  @b=2  @c=2  @share=200.00%(150.00%)");
  CHECK(average.summary() == "@a=1.5000  @b=1.5000  @c=2  @share=150.00%");
  CHECK(average.average("a") == 1.5);
  average.update(one("a", 0.5));
  CHECK_CONTAINS(average.to_string(), "@a=0.5000(1.1667)");
}

TEST_CASE("T26 lists and dicts are shown, and keep the last") {
  AvgMeter average;
  for (int i = 3; i < 5; ++i) {
    Meter meter;
    meter["d"] = Value::List{i};
    meter["e"] = Value::Dict{{"5", "6"}};
    meter["shape"] = std::vector<int64_t>{i, 2};
    average.update(meter);
  }
  const std::string shown = "@d=[4]  @e={\"5\":\"6\"}  @shape=[4,2]";
  CHECK(average.to_string() == shown);
  CHECK(average.summary() == shown);
  CHECK(average.values().empty());
  AvgMeter again;
  again.load_state(Value::from_json(average.state().to_json()));
  CHECK(again.to_string() == shown);
  Meter sum;
  sum["s"].sum() = Value::List{1};
  CHECK_CONTAINS(message_of<UsageError>([&] { average.update(sum); }),
                 "meter key 's' states sum, but it holds a list");
  CHECK_THROWS_AS(average.update(one("d", 1.0)), UsageError);
}

TEST_CASE("T9 integers that turn real make a real sum") {
  AvgMeter average;
  for (double value : {2.0, 0.5}) {
    Meter meter;
    if (value == 2.0) {
      meter["n"].sum() = 2;
    } else {
      meter["n"].sum() = value;
    }
    average.update(meter);
  }
  CHECK(average.to_string() == "@n=0.5000(2.5000)");
}

TEST_CASE("T9 text and large tensors keep the last") {
  AvgMeter average;
  for (int i = 0; i < 2; ++i) {
    Meter meter;
    meter["name"] = "batch" + std::to_string(i);
    meter["grid"] = at::full({2, 2}, i, at::kLong);
    average.update(meter);
  }
  CHECK(average.to_string() == "@name=batch1  @grid=tensor([[1, 1],...");
  CHECK(average.values().empty());
}

TEST_CASE("T9 a key of some batches only has their weight") {
  AvgMeter average;
  average.update(one("a", 1.0), 10);
  Meter both;
  both["b"] = 5.0;  // another order, too
  both["a"] = 3.0;
  average.update(both, 30);
  average.update(one("b", 7.0), 10);
  CHECK(average.average("a") == 2.5);
  CHECK(average.average("b") == 5.5);
  CHECK(average.weight("b") == 40);
  CHECK(average.count() == 3);
  CHECK(average.to_string() == "@a=3.0000(2.5000)  @b=7.0000(5.5000)");
}

TEST_CASE("T9 tensors of a device accumulate there, unread") {
  AvgMeter average;
  for (int i = 0; i < 3; ++i) {
    Meter meter;
    // A meta tensor has no values: reading one throws.
    meter["loss"] = at::ones({1}, at::TensorOptions(at::kMeta));
    meter["least"].min() = at::ones({}, at::TensorOptions(at::kMeta));
    average.update(meter, 32);
  }
  CHECK(average.count("loss") == 3);
  CHECK_THROWS(average.average("loss"));
  CHECK_THROWS(average.aggregate("least"));
  CHECK_THROWS(average.to_string());
}

TEST_CASE("T9 a mean of floats is taken in doubles") {
  AvgMeter average;
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    at::Tensor loss = at::scalar_tensor(0.1f + static_cast<float>(i));
    sum += static_cast<double>(loss.item<float>());
    average.update(one("loss", loss));
  }
  CHECK(average.average("loss") == sum / 1000);
}

TEST_CASE("an accuracy has one average, however its batches are cut") {
  // 1175 of 1200 are right.
  at::Tensor logits = at::eye(2).repeat({600, 1});
  at::Tensor labels = at::arange(2, at::kLong).repeat({600});
  for (int64_t i = 0; i < 25; ++i) labels[i * 47] = 1 - labels[i * 47];
  for (int64_t size : {1, 7, 13, 32, 49, 61, 64, 100, 128, 333, 512, 1200}) {
    INFO("batches of " << size);
    AvgMeter average;
    for (int64_t start = 0; start < 1200; start += size) {
      int64_t end = std::min<int64_t>(start + size, 1200);
      at::Tensor share = thexp::accuracy(logits.slice(0, start, end),
                                         labels.slice(0, start, end));
      average.update(one("acc", share), static_cast<double>(end - start));
    }
    CHECK(average.average("acc") == 1175.0 / 1200);
  }
}

TEST_CASE("the state that earlier versions wrote still loads") {
  AvgMeter average;
  average.load_state(Value::from_json(
      R"({"count":2,"entries":[{"key":"acc","format":"percent",)"
      R"("aggregation":"mean","latest":{"number":0.984375},)"
      R"("total":{"host":125.0,"device":null},"integral":false,"count":2,)"
      R"("weight":128.0}]})"));
  CHECK(average.average("acc") == 125.0 / 128);
  CHECK(average.to_string() == "@acc=98.44%(97.66%)");
}

TEST_CASE("T9 non-finite values show in the average") {
  AvgMeter average;
  average.update(one("loss", std::numeric_limits<double>::quiet_NaN()));
  average.update(one("loss", 1.0));
  CHECK(average.to_string() == "@loss=1.0000(nan)");
}

TEST_CASE("T8 a key's format, aggregation and kind may not change midway") {
  AvgMeter average;
  Meter first;
  first.percent("acc") = 0.5;
  average.update(first);
  auto message = [&](const Meter& meter) {
    return message_of<thexp::UsageError>([&] { average.update(meter); });
  };
  CHECK(message(one("acc", 0.5)) ==
        "meter key 'acc': its format changed from percent to plain; state it "
        "alike in every batch");
  Meter summed;
  summed.percent("acc").sum() = 0.5;
  CHECK_CONTAINS(message(summed), "aggregation changed from mean to sum");
  Meter text;
  text.percent("acc") = "good";
  CHECK_CONTAINS(message(text), "kind changed from number to text");
  CHECK(average.average("acc") == 0.5);
}

TEST_CASE("T9 only numbers have sums and extremes") {
  AvgMeter average;
  Meter meter;
  meter["name"].sum() = "a";
  CHECK(message_of<thexp::UsageError>([&] { average.update(meter); }) ==
        "meter key 'name' states sum, but it holds a text: only numbers have "
        "one");
}

TEST_CASE("T9 a batch has a positive weight") {
  AvgMeter average;
  for (double weight : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                        std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(average.update(one("a", 1), weight), thexp::UsageError);
  }
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { average.update(Meter(), -1); }),
      "above 0, but it is -1.0");
  CHECK(average.empty());
}

TEST_CASE("T9 reading names the keys there are") {
  AvgMeter average;
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { average.average("x"); }),
                 "no batch brought a value 'x' (there are: none)");
  Meter meter;
  meter["loss"] = 1;
  meter["n"].sum() = 1;
  meter["name"] = "a";
  average.update(meter);
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { average.current("los"); }),
                 "(there are: loss, n, name)");
  CHECK_CONTAINS(
      message_of<thexp::UsageError>([&] { average.current("name"); }),
      "holds a text, not a number");
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { average.average("n"); }),
                 "states sum, so it has no average");
  CHECK(average.count("los") == 0);
}

TEST_CASE("T9 reset forgets values and formats") {
  AvgMeter average;
  Meter meter;
  meter.percent("acc") = 0.5;
  average.update(meter);
  average.reset();
  CHECK(average.empty());
  CHECK(average.count() == 0);
  average.update(one("acc", 0.5));
  CHECK(average.to_string() == "@acc=0.5000(0.5000)");
}

Meter batch(int i) {
  Meter meter;
  meter["loss"] = std::sin(i) / 3;
  meter.percent("acc") = at::scalar_tensor(std::cos(i) / 7);
  meter["n"].sum() = i;
  meter.fixed("peak", 6).max() = std::sin(i * 1.7);
  meter["lr"].last() = 0.1 / (i + 1);
  meter["name"] = i % 2 == 0 ? "nan" : "odd";
  meter["row"] = at::arange(3) * i;
  return meter;
}

TEST_CASE("T9 a state taken in mid-epoch goes on bit for bit") {
  AvgMeter whole;
  for (int i = 0; i < 20; ++i) whole.update(batch(i), 1.0 / (i + 3));
  AvgMeter first, second;
  for (int i = 0; i < 7; ++i) first.update(batch(i), 1.0 / (i + 3));
  second.load_state(Value::from_json(first.state().to_json()));
  CHECK(second.to_string() == first.to_string());
  for (int i = 7; i < 20; ++i) second.update(batch(i), 1.0 / (i + 3));
  CHECK(second.values() == whole.values());
  CHECK(second.to_string() == whole.to_string());
  CHECK(second.state() == whole.state());
}

TEST_CASE("T9 a state keeps non-finite values and empty tensors") {
  AvgMeter average;
  Meter meter;
  meter["bad"] = std::numeric_limits<double>::quiet_NaN();
  meter["worst"].min() = -std::numeric_limits<double>::infinity();
  meter["none"] = at::zeros({2, 0});
  average.update(meter);
  AvgMeter loaded;
  loaded.load_state(Value::from_json(average.state().to_json()));
  CHECK(loaded.to_string() ==
        "@bad=nan(nan)  @worst=-inf(-inf)  @none=tensor([], size=[2, 0])");
}

TEST_CASE("T9 a state that is none is refused and changes nothing") {
  AvgMeter average;
  average.update(one("loss", 1.0));
  Value state = average.state();
  CHECK_THROWS_AS(average.load_state(Value::Dict{}), thexp::UsageError);
  Value wrong = state;
  wrong["entries"].as_list()[0]["aggregation"] = "median";
  CHECK(message_of<thexp::FormatError>([&] { average.load_state(wrong); }) ==
        "'median' is not an aggregation (mean, sum, last, min, max)");
  wrong = state;
  wrong["entries"].as_list()[0]["format"] = "fixed(99)";
  CHECK_THROWS_AS(average.load_state(wrong), thexp::FormatError);
  CHECK(average.state() == state);
}

}  // namespace
