#include <ATen/ATen.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "catch.h"
#include "failing_disk.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/state/async_saver.h"

namespace {

using thexp::AsyncSaver;
using thexp::Importance;
using thexp::Saver;
using thexp::State;
using thexp::WhenBusy;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::failing_disk::Plan;
using Epochs = std::vector<int64_t>;

State state_of(int number) {
  return State::Dict{{"a", number}, {"w", at::full({64}, number)}};
}

// Holds every call of the writer until it is opened.
class Gate {
 public:
  Gate() {
    thexp_test::failing_disk::watch(
        "checkpoints",
        [this](const std::string&, const std::string&) { pass(); });
  }
  ~Gate() {
    open();
    thexp_test::failing_disk::watch("", nullptr);
  }
  void open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_until_reached() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return reached_; });
  }

 private:
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool reached_ = false;
};

struct Background {
  TempDir dir;
  Saver saver{dir.path(), thexp::SaverOptions().max_to_keep(0)};

  Epochs saved() const {
    Epochs epochs;
    for (const auto& file : saver.find_checkpoints()) {
      epochs.push_back(file.point->number);
    }
    return epochs;
  }
};

bool waits(const std::future<void>& action) {
  return action.wait_for(std::chrono::milliseconds(50)) ==
         std::future_status::timeout;
}

TEST_CASE("the second save is taken at once, the third waits for the first") {
  Background on;
  AsyncSaver background(on.saver);
  Gate gate;
  background.save(1, state_of(1));
  gate.wait_until_reached();
  background.save(2, state_of(2));
  auto third =
      std::async(std::launch::async, [&] { background.save(3, state_of(3)); });
  CHECK(waits(third));
  gate.open();
  third.get();
  background.flush();
  CHECK(on.saved() == Epochs{1, 2, 3});
}

TEST_CASE("replacing, the third save takes the second one's place at once") {
  Background on;
  AsyncSaver background(on.saver, WhenBusy::kReplace);
  Gate gate;
  background.save(1, state_of(1));
  gate.wait_until_reached();
  background.save(2, state_of(2));
  background.save(3, state_of(3));
  CHECK(background.replaced() == 1);
  gate.open();
  background.flush();
  CHECK(on.saved() == Epochs{1, 3});
}

TEST_CASE("replacing, a best one that waits is waited for") {
  Background on;
  AsyncSaver background(on.saver, WhenBusy::kReplace);
  Gate gate;
  background.save(1, state_of(1));
  gate.wait_until_reached();
  background.save(2, state_of(2), {}, Importance::kBest);
  auto third =
      std::async(std::launch::async, [&] { background.save(3, state_of(3)); });
  CHECK(waits(third));
  gate.open();
  third.get();
  background.flush();
  CHECK(on.saved() == Epochs{1, 2, 3});
  CHECK(on.saver.find_best()->point->number == 2);
}

TEST_CASE("flush waits until the disk has it") {
  Background on;
  AsyncSaver background(on.saver);
  Gate gate;
  background.save(1, state_of(1));
  gate.wait_until_reached();
  auto flush = std::async(std::launch::async, [&] { background.flush(); });
  CHECK(waits(flush));
  CHECK(on.saved().empty());
  gate.open();
  flush.get();
  CHECK(on.saved() == Epochs{1});
}

TEST_CASE("the end of it waits for what is under way and what waits") {
  Background on;
  Plan slow("fsync checkpoints 1+ delay:20");
  {
    AsyncSaver background(on.saver);
    background.save(1, state_of(1));
    background.save(2, state_of(2));
  }
  CHECK(on.saved() == Epochs{1, 2});
}

TEST_CASE("a full disk fails one save, and the next ones are written") {
  Background on;
  AsyncSaver background(on.saver);
  {
    Plan plan("write checkpoints 3 ENOSPC");
    background.save(1, state_of(1));
    std::string message =
        message_of<thexp::FileError>([&] { background.flush(); });
    CHECK_CONTAINS(message, "checkpoint-000001-epoch-1.pt");
    CHECK_CONTAINS(message, "No space left on device (errno 28)");
  }
  CHECK_NOTHROW(background.check());
  background.save(2, state_of(2));
  background.flush();
  CHECK(on.saved() == Epochs{2});
}

}  // namespace
