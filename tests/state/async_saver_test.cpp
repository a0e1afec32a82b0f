#include "thexp/state/async_saver.h"

#include <torch/types.h>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using thexp::AsyncSaver;
using thexp::Importance;
using thexp::Saver;
using thexp::SaverOptions;
using thexp::State;
using thexp_test::TempDir;

State state_of(double value) {
  State state;
  state["net"]["weight"] = torch::full({1000}, value);
  state["note"] = "x";
  state["list"] = State::List{State(1), State(torch::ones(2))};
  return state;
}

TEST_CASE("a background save is on the disk after a flush") {
  TempDir dir;
  Saver saver(dir.path());
  AsyncSaver background(saver);
  background.save(1, state_of(1), thexp::Value::Dict{{"loss", 0.5}});
  background.flush();
  auto latest = saver.load_latest();
  REQUIRE(latest);
  CHECK(thexp::equal(latest->state, state_of(1)));
  CHECK(latest->info.at("loss").as_real() == 0.5);
}

TEST_CASE("what changes after save() does not reach the file") {
  TempDir dir;
  Saver saver(dir.path());
  AsyncSaver background(saver);
  at::Tensor weight = torch::zeros(1 << 20);
  State live;
  live["weight"] = weight;
  background.save(1, live);
  weight.fill_(7);
  background.flush();
  CHECK(saver.load_latest()->state["weight"].as_tensor().max().item<float>() ==
        0);
}

TEST_CASE("every waiting save is written, in order") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(0));
  AsyncSaver background(saver);
  for (int epoch = 1; epoch <= 5; ++epoch) {
    background.save(epoch, state_of(epoch));
  }
  background.flush();
  auto files = saver.find_checkpoints();
  REQUIRE(files.size() == 5);
  for (int i = 0; i < 5; ++i) CHECK(files[i].point->number == i + 1);
  CHECK(background.replaced() == 0);
}

TEST_CASE("replacing drops older ones, never the last or the best") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(0));
  AsyncSaver background(saver, thexp::WhenBusy::kReplace);
  for (int epoch = 1; epoch <= 30; ++epoch) {
    background.save(epoch, state_of(epoch), {},
                    epoch == 3 ? Importance::kBest : Importance::kRoutine);
  }
  background.flush();
  auto files = saver.find_checkpoints();
  CHECK(files.size() == 30 - static_cast<std::size_t>(background.replaced()));
  CHECK(files.back().point->number == 30);
  REQUIRE(saver.find_best());
  CHECK(saver.find_best()->point->number == 3);
}

TEST_CASE("an error of the disk reaches the caller once, and saving goes on") {
  TempDir dir;
  thexp::write_file_atomic(dir / "checkpoints", "a file where a folder is due");
  Saver saver(dir.path());
  AsyncSaver background(saver);
  background.save(1, state_of(1));
  CHECK_THROWS_AS(background.flush(), thexp::FileError);
  CHECK_NOTHROW(background.check());
  thexp::fs::remove(dir / "checkpoints");
  background.save(2, state_of(2));
  background.flush();
  CHECK(saver.load_latest()->file.point->number == 2);
}

TEST_CASE("a buffer follows a state that changes its shape") {
  thexp::StateBuffer buffer;
  buffer.copy(state_of(1));
  State other;
  other["net"]["weight"] = torch::ones(3);
  other["net"]["bias"] = torch::ones(1);
  other["list"] = State::List{};
  CHECK(thexp::equal(buffer.copy(other), other));
  CHECK(thexp::equal(buffer.copy(state_of(2)), state_of(2)));
}

TEST_CASE("a buffer where the tensors live is a copy, too") {
  thexp::StateBuffer buffer(thexp::StateBuffer::Place::kSame);
  State live;
  live["weight"] = torch::ones(3);
  const State& copy = buffer.copy(live);
  live["weight"].as_tensor().fill_(2);
  CHECK(torch::equal(copy.at("weight").as_tensor(), torch::ones(3)));
  const void* kept = copy.at("weight").as_tensor().data_ptr();
  CHECK(thexp::equal(buffer.copy(live), live));
  CHECK(copy.at("weight").as_tensor().data_ptr() == kept);
}

TEST_CASE("a buffer beside what it copies holds it whole") {
  thexp::StateBuffer buffer(thexp::StateBuffer::Place::kSame);
  State live = state_of(1);
  live["expanded"] = torch::ones({1}).expand({3});
  live["count"] = torch::tensor({5});
  const State& kept = buffer.copy(live);
  CHECK(thexp::first_difference(kept, live) == "");
  live["net"]["weight"].as_tensor().fill_(7);
  CHECK(kept.at_path({"net", "weight"}).as_tensor().max().item<float>() == 1);
  buffer.copy(live);
  CHECK(thexp::first_difference(kept, live) == "");
}

}  // namespace
