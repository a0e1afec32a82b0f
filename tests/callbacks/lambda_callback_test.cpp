#include "thexp/callbacks/lambda_callback.h"

#include "callbacks_support.h"
#include "catch.h"
#include "thexp/base/error.h"

namespace {

using thexp::LambdaCallback;
using thexp_test::TempDir;
using thexp_test::ToyParams;
using thexp_test::ToyTrainer;
using Numbers = std::vector<int64_t>;

// The steps at which functions behind each filter ran.
struct Ran {
  explicit Ran(ToyTrainer& trainer) {
    auto& hooks = trainer.add_callback<LambdaCallback>("Hooks");
    auto note = [](Numbers& numbers) {
      return [&numbers](thexp::Trainer& at) {
        numbers.push_back(at.progress().step);
      };
    };
    hooks.on(thexp::kBatchEnd, note(every)).every(4);
    hooks.on(thexp::kBatchEnd, note(after)).after(7);
    hooks.on(thexp::kBatchEnd, note(once)).after(1).once();
    hooks.on(thexp::kEpochEnd, note(epochs));
  }
  Numbers every, after, once, epochs;
};

TEST_CASE("functions are called at a hook, each behind its filter") {
  TempDir dir;
  ToyParams params(dir);
  params.epoch = 3;
  ToyTrainer trainer(params);
  Ran ran(trainer);
  trainer.train();
  CHECK(ran.every == Numbers{4, 8});
  CHECK(ran.after == Numbers{8, 9});
  CHECK(ran.once == Numbers{2});
  CHECK(ran.epochs == Numbers{3, 6, 9});
}

TEST_CASE("a resumed run goes on counting") {
  TempDir dir;
  Numbers every, once;
  for (int64_t epochs : {2, 3}) {
    ToyParams params(dir);
    params.epoch = epochs;
    if (epochs > 2) params.resume = "latest";
    ToyTrainer trainer(params);
    Ran ran(trainer);
    trainer.train();
    every.insert(every.end(), ran.every.begin(), ran.every.end());
    once.insert(once.end(), ran.once.begin(), ran.once.end());
  }
  CHECK(every == Numbers{4, 8});
  CHECK(once == Numbers{2});
}

TEST_CASE("a filter, or a hook, that makes no sense is refused") {
  LambdaCallback callback;
  auto nothing = [](thexp::Trainer&) {};
  auto& filter = callback.on(thexp::kEpochEnd, nothing);
  CHECK_THROWS_AS(filter.every(0), thexp::UsageError);
  CHECK_THROWS_AS(filter.after(-1), thexp::UsageError);
  CHECK_THROWS_AS(callback.on(thexp::kUpdateBegin, nothing), thexp::UsageError);
}

}  // namespace
