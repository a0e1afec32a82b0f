#include "thexp/optim/schedule.h"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::OneCycleOptions;
using thexp::Schedule;
using thexp_test::message_of;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Numbers of 15 and more digits come from Python 3.11 with torch 1.13:
//
//   def run(make, n, base):
//       p = torch.nn.Parameter(torch.zeros(1))
//       o = torch.optim.SGD([p], lr=base)
//       s, v = make(o), []
//       for i in range(n):
//           v.append(o.param_groups[0]["lr"]); o.step(); s.step()
//       return v
//
// with the call of `make` beside each list.
void check_values(const Schedule& schedule,
                  const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("position " << i);
    CHECK(schedule(static_cast<double>(i)) ==
          Approx(expected[i]).epsilon(1e-12));
  }
}

TEST_CASE("T22 a cosine from .1 to .001 over 0..10 is .0505 at 5") {
  Schedule cosine = Schedule::cosine(0.1, 0.001, 0, 10);
  CHECK(cosine(5) == Approx(0.0505).epsilon(1e-14));
  CHECK(cosine(0) == 0.1);
  CHECK(cosine(10) == 0.001);
}

TEST_CASE("T22 values stay at the ends outside of left and right") {
  for (const Schedule& schedule :
       {Schedule::linear(3, 7, 2, 4), Schedule::cosine(3, 7, 2, 4),
        Schedule::exp(3, 7, 2, 4), Schedule::log(3, 7, 2, 4)}) {
    CHECK(schedule(-1) == 3);
    CHECK(schedule(2) == 3);
    CHECK(schedule(4) == 7);
    CHECK(schedule(1e9) == 7);
  }
  CHECK(Schedule::linear(3, 7, 2, 4)(2.5) == 4);
  CHECK(Schedule::constant(0.3)(17) == 0.3);
}

TEST_CASE("T22 exp is slow then fast, log fast then slow") {
  check_values(
      Schedule::exp(0, 1, 0, 4),
      {0, 0.018464285606695007, 0.07871602512435606, 0.28482031011041875, 1});
  check_values(
      Schedule::log(0, 1, 0, 4),
      {0, 0.7151796898895812, 0.9212839748756438, 0.981535714393305, 1});
}

TEST_CASE("T22 power decays and stops at its end") {
  Schedule power = Schedule::power(1, 2, 0.25, 0.1);
  check_values(power, {1, 0.5, 0.25, 0.125, 0.1, 0.1});
  CHECK(power(-3) == 1);
  check_values(Schedule::power(1, 1, 2, 5), {1, 2, 4, 5});
}

TEST_CASE("T22 periodic schedules repeat, and hold before they begin") {
  Schedule linear = Schedule::periodic_linear(1, 5, 2, 4);
  check_values(linear, {1, 1, 1, 2, 3, 4, 1, 2, 3, 4, 1});
  Schedule triangle = Schedule::periodic_triangle(1, 5, 0, 4);
  check_values(triangle, {1, 3, 5, 3, 1, 3, 5});
  Schedule cosine = Schedule::periodic_cosine(0, 2, 1, 4);
  check_values(cosine, {0, 0, 1, 2, 1, 0, 1});
  CHECK(linear(-7) == 1);
}

TEST_CASE("T22 a periodic half cosine restarts like PyTorch's warm restarts") {
  // CosineAnnealingWarmRestarts(o, 4, 1, 0.01), base 0.1
  check_values(
      Schedule::periodic_half_cosine(0.1, 0.01, 0, 4),
      {0.1, 0.08681980515339464, 0.05500000000000001, 0.023180194846605363, 0.1,
       0.08681980515339464, 0.05500000000000001, 0.023180194846605363, 0.1});
}

TEST_CASE("T22 a list takes the part that began last") {
  Schedule list = Schedule::list(
      {{0, Schedule::cosine(0, 1, 0, 6)}, {6, Schedule::linear(1, 0, 6, 10)}});
  const std::vector<std::pair<double, double>> expected = {
      {-1, 0}, {0, 0}, {3, 0.5}, {6, 1}, {8, 0.5}, {10, 0}, {12, 0}};
  for (auto [position, value] : expected) {
    INFO("position " << position);
    CHECK(list(position) == Approx(value).margin(1e-15));
  }
}

TEST_CASE("T22 step, multi_step and exponential equal PyTorch's") {
  // StepLR(o, 3, 0.5), base 0.1
  check_values(Schedule::step(0.1, 3, 0.5),
               {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025});
  // MultiStepLR(o, [2, 5], 0.1), base 0.1
  check_values(
      Schedule::multi_step(0.1, {2, 5}, 0.1),
      {0.1, 0.1, 0.010000000000000002, 0.010000000000000002,
       0.010000000000000002, 0.0010000000000000002, 0.0010000000000000002});
  // ExponentialLR(o, 0.9), base 0.1
  check_values(Schedule::exponential(0.1, 0.9),
               {0.1, 0.09000000000000001, 0.08100000000000002,
                0.07290000000000002, 0.06561000000000002});
}

TEST_CASE("T22 cosine_annealing equals PyTorch's, beyond t_max too") {
  // CosineAnnealingLR(o, 5, 0.01), base 0.1
  check_values(
      Schedule::cosine_annealing(0.1, 5, 0.01),
      {0.1, 0.09140576474687263, 0.06890576474687263, 0.04109423525312736,
       0.018594235253127367, 0.01, 0.018594235253127367, 0.04109423525312739});
}

TEST_CASE("T22 one_cycle equals PyTorch's, and keeps its last value") {
  // OneCycleLR(o, 0.1, total_steps=10)
  Schedule one = Schedule::one_cycle(OneCycleOptions(0.1, 10));
  check_values(one, {0.0040000000000000036, 0.052000000000000005, 0.1,
                     0.09504846320134738, 0.0811745653949763,
                     0.06112620219362893, 0.03887419780637107,
                     0.0188258346050237, 0.004951936798652629, 4e-07});
  CHECK(one(100) == Approx(4e-07));
  // OneCycleLR(o, 1.0, total_steps=8, pct_start=.5, div_factor=10,
  //            final_div_factor=100)
  check_values(Schedule::one_cycle(OneCycleOptions(1.0, 8)
                                       .pct_start(0.5)
                                       .div_factor(10)
                                       .final_div_factor(100)),
               {0.09999999999999998, 0.32499999999999996, 0.7749999999999999,
                1.0, 0.8536998372026805, 0.5005, 0.14730016279731956, 0.001});
}

// OneCycleLR(o, 0.1, total_steps=n, ...)
TEST_CASE("one_cycle takes every number of steps and every share, as PyTorch") {
  check_values(Schedule::one_cycle({0.1, 1}), {4e-07, 4e-07});
  check_values(Schedule::one_cycle({0.1, 2}), {0.0811745653949763, 4e-07});
  check_values(Schedule::one_cycle({0.1, 3}),
               {0.09944154354509119, 0.046263710266697504, 4e-07, 4e-07});
  check_values(Schedule::one_cycle(OneCycleOptions(0.1, 4).pct_start(0)),
               {0.08535539763797113, 0.0500002, 0.014645002362028864, 4e-07});
  check_values(Schedule::one_cycle(OneCycleOptions(0.1, 4).pct_start(1)),
               {0.0040000000000000036, 0.027999999999999997, 0.076, 0.1, 0.1});
  // PyTorch divides by 0 here.
  check_values(Schedule::one_cycle(OneCycleOptions(0.1, 1).pct_start(1)),
               {0.1, 0.1});
  check_values(
      Schedule::one_cycle(OneCycleOptions(0.1, 5).pct_start(0.2)),
      {0.1, 0.08535539763797113, 0.0500002, 0.014645002362028864, 4e-07});
}

TEST_CASE("every schedule of a training takes every length from 1") {
  for (double length : {1.0, 2.0, 3.0, 4.0}) {
    std::vector<Schedule> all = {
        Schedule::one_cycle({0.1, static_cast<int64_t>(length)}),
        Schedule::cosine(0.1, 0, 0, length),
        Schedule::cosine(0.1, 0, 0, length - 1),
        Schedule::linear(0.1, 0, 0, length - 1).warm_up(length - 1),
        Schedule::exp(0.1, 0, 0, length - 1),
        Schedule::log(0.1, 0, 0, length - 1),
        Schedule::periodic_cosine(0, 0.1, 0, length),
        Schedule::cosine_annealing(0.1, length),
        Schedule::power(0.1, length, 0.1, 0),
        Schedule::step(0.1, length),
        Schedule::sigmoid_rampup(length - 1),
        Schedule::linear_rampup(length - 1),
        Schedule::cosine_rampdown(length - 1),
        Schedule::constant(0.1).warm_up(length * 0.1)};
    for (const Schedule& schedule : all) {
      for (double position = 0; position < length; ++position) {
        INFO("length " << length << ", schedule " << &schedule - all.data());
        double value = schedule(position);
        CHECK(value >= 0);
        CHECK(value <= 1);
      }
    }
  }
}

TEST_CASE("a stretch of no length is a step") {
  CHECK(Schedule::linear(1, 2, 3, 3)(3) == 1);
  CHECK(Schedule::linear(1, 2, 3, 3)(3.5) == 2);
  CHECK(Schedule::constant(0.1).warm_up(0)(0) == 0.1);
  CHECK(Schedule::linear_rampup(0)(0) == 1);
  CHECK(Schedule::cosine_rampdown(0)(0) == Approx(0).margin(1e-15));
}

TEST_CASE("no schedule takes NaN, infinite or negative numbers for others") {
  const std::vector<std::function<void()>> wrong = {
      [] { Schedule::constant(kNan); },
      [] { Schedule::linear(kNan, 1, 0, 5); },
      [] { Schedule::linear(0, 1, kNan, 5); },
      [] { Schedule::cosine(0.1, kInfinity, 0, 5); },
      [] { Schedule::power(kNan, 1, 1, 1); },
      [] { Schedule::periodic_linear(0, kNan, 0, 5); },
      [] { Schedule::periodic_linear(0, 1, 0, kNan); },
      [] { Schedule::step(kNan, 5); },
      [] { Schedule::step(0.1, kNan); },
      [] { Schedule::multi_step(0.1, {1}, kNan); },
      [] { Schedule::multi_step(0.1, {kNan}); },
      [] { Schedule::exponential(0.1, kNan); },
      [] { Schedule::cosine_annealing(0.1, kNan); },
      [] { Schedule::cosine_annealing(0.1, 5, kNan); },
      [] {
        Schedule::one_cycle({kNan, 5});
      },
      [] { Schedule::one_cycle(OneCycleOptions(0.1, 5).pct_start(1.1)); },
      [] { Schedule::one_cycle(OneCycleOptions(0.1, 5).pct_start(kNan)); },
      [] { Schedule::one_cycle(OneCycleOptions(0.1, 5).div_factor(-1)); },
      [] { Schedule::one_cycle(OneCycleOptions(0.1, 5).div_factor(kNan)); },
      [] { Schedule::linear_rampup(-1); },
      [] { Schedule::linear_rampup(kNan); },
      [] { Schedule::constant(1).warm_up(-1); },
      [] { Schedule::constant(1).warm_up(5, kNan); },
      [] { Schedule::constant(1).then(Schedule::constant(2), kNan); },
      [] { Schedule::constant(1).shifted(kNan); },
      [] {
        Schedule::list({{kNan, Schedule::constant(1)}});
      }};
  for (const auto& make : wrong) {
    INFO("place " << &make - wrong.data());
    CHECK_THROWS_AS(make(), thexp::UsageError);
  }
}

TEST_CASE("T22 warm_up multiplies as PyTorch's chained LinearLR") {
  // ChainedScheduler([LinearLR(o, 0.25, 1.0, 4), ExponentialLR(o, 0.9)])
  check_values(
      Schedule::exponential(0.1, 0.9).warm_up(4, 0.25),
      {0.025, 0.03937500000000001, 0.05062500000000001, 0.05923125000000001,
       0.06561000000000002, 0.05904900000000002, 0.05314410000000002});
  CHECK(Schedule::constant(2).warm_up(4)(0) == 0);
}

TEST_CASE("T22 then counts the next schedule from 0, as SequentialLR") {
  // SequentialLR(o, [ConstantLR(o, 0.1, 100), ExponentialLR(o, 0.9)], [3])
  check_values(Schedule::constant(0.1).then(Schedule::exponential(1, 0.9), 3),
               {0.1, 0.1, 0.1, 1.0, 0.9, 0.81});
}

TEST_CASE("T22 schedules multiply, add up and shift") {
  Schedule line = Schedule::linear(0, 4, 0, 4);
  check_values(line * line, {0, 1, 4, 9, 16});
  check_values(0.5 * line * 3, {0, 1.5, 3});
  check_values(line + Schedule::constant(1), {1, 2, 3});
  check_values(line.shifted(2), {0, 0, 0, 1, 2});
}

TEST_CASE("T22 a copy is a value of its own") {
  Schedule schedule = Schedule::constant(1);
  Schedule copy = schedule;
  schedule = Schedule::constant(2);
  CHECK(copy(0) == 1);
  CHECK(schedule(0) == 2);
}

TEST_CASE("T22 ramps go between 0 and 1") {
  check_values(Schedule::sigmoid_rampup(4),
               {0.006737946999085467, 0.060054667895307945, 0.2865047968601901,
                0.7316156289466418, 1, 1});
  check_values(Schedule::linear_rampup(4), {0, 0.25, 0.5, 0.75, 1, 1});
  check_values(Schedule::cosine_rampdown(4),
               {1, 0.8535533905932737, 0.5, 0.14644660940672627, 0});
  CHECK(Schedule::sigmoid_rampup(4)(-1) == Schedule::sigmoid_rampup(4)(0));
}

TEST_CASE("T22 arguments that make no schedule are refused by value") {
  auto message = [](auto make) { return message_of<thexp::UsageError>(make); };
  CHECK(message([] { Schedule::linear(0, 1, 5, 4); }) ==
        "Schedule::linear: left must not be above right, but they are 5.0 and "
        "4.0");
  CHECK(message([] { Schedule::step(0.1, 0); }) ==
        "Schedule::step: step_size must be above 0, not 0.0");
  CHECK_CONTAINS(message([] {
                   Schedule::multi_step(0.1, {5, 2});
                 }),
                 "milestones must increase");
  CHECK_CONTAINS(message([] { Schedule::periodic_linear(0, 1, 0, -1); }),
                 "period must be above 0, not -1.0");
  CHECK_CONTAINS(message([] {
                   Schedule::one_cycle({0.1, 0});
                 }),
                 "total_steps must be 1 or more, not 0");
  CHECK_CONTAINS(message([] { Schedule::list({}); }), "must be a schedule");
  CHECK_CONTAINS(message([] {
                   Schedule::list({{5, Schedule::constant(1)},
                                   {5, Schedule::constant(2)}});
                 }),
                 "positions must increase, but 5.0 follows 5.0");
  CHECK_CONTAINS(message([] { Schedule{Schedule::Function()}; }),
                 "needs a function");
}

}  // namespace
