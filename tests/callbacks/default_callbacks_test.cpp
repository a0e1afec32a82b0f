#include "callbacks_support.h"
#include "catch.h"
#include "thexp/thexp.h"

namespace {

using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Names = std::vector<std::string>;

Names names_of(const thexp::Trainer& trainer) {
  Names names;
  for (thexp::Callback* callback : trainer.all_callbacks()) {
    names.push_back(callback->name());
  }
  return names;
}

const Names kDefaults = {"EvalCallback",     "OutOfMemoryReport",
                         "RecordCallback",   "LoggerCallback",
                         "ProgressCallback", "InterruptSave"};

TEST_CASE("T19 a trainer has the default callbacks, in this order") {
  TempDir dir;
  ToyParams params(dir);
  ToyTrainer trainer(params, thexp::default_callbacks);
  trainer.setup();
  CHECK(names_of(trainer) == kDefaults);
}

TEST_CASE("T19 a trainer may keep them and add its own, or have none") {
  struct More : ToyTrainer {
    using ToyTrainer::ToyTrainer;
    void callbacks() override {
      Trainer::callbacks();
      add_callback<thexp::EarlyStopping>();
    }
  };
  TempDir dir;
  ToyParams params(dir), bare(dir);
  More more(params, thexp::default_callbacks), none(bare, nullptr);
  more.setup();
  none.setup();
  Names names = kDefaults;
  names.insert(names.begin() + 2, "EarlyStopping");
  CHECK(names_of(more) == names);
  CHECK(names_of(none) == Names{"EarlyStopping"});
}

// Every callback that there is.
struct FullTrainer : ToyTrainer {
  explicit FullTrainer(ToyParams& params)
      : ToyTrainer(params, thexp::default_callbacks) {}
  void callbacks() override {
    Trainer::callbacks();
    add_callback<thexp::EarlyStopping>();
    add_callback<thexp::Ema>();
    add_callback<thexp::ExceptionSave>();
    add_callback<thexp::GradientClipping>(1.0);
    add_callback<thexp::LrSchedule>(thexp::Schedule::step(1, 2, 0.5),
                                    thexp::LrScheduleOptions().scale(true));
    add_callback<thexp::ModelCheckpoint>();
    add_callback<thexp::NanPolicy>(thexp::NanPolicy::Action::kRollBack);
    add_callback<thexp::Plateau>(
        thexp::PlateauOptions().patience(0).factor(0.5).min_delta(0.5));
    add_callback<thexp::TimingCheckpoint>(2);
  }
};

// What training computes: without the parameters (the number of epochs
// differs) and the lengths of the run's files.
thexp::State computed(thexp::State state) {
  state["thexp"]["params"] = thexp::State();
  state["thexp"]["files"] = thexp::State();
  return state;
}

TEST_CASE("all callbacks together go through a file and go on exactly") {
  TempDir dir;
  ToyParams params(dir), half(dir), rest(dir);
  params.epoch = 6;
  rest.epoch = 6;
  half.epoch = 3;
  FullTrainer whole(params), first(half), second(rest);
  whole.train();
  first.train();
  thexp::State saved = first.saver().load_latest()->state;
  second.load_state(saved);
  CHECK(thexp::first_difference(computed(second.state()), computed(saved)) ==
        "");
  second.train();
  CHECK(thexp::first_difference(computed(whole.state()),
                                computed(second.state())) == "");
}

}  // namespace
