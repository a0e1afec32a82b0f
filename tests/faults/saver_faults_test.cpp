// Every call that a save makes, one after the other: killed before it, killed
// in the middle of it, failing. What is there then is the old checkpoint or the
// new one.
#include <ATen/ATen.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "catch.h"
#include "failing_disk.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"
#include "thexp/state/saver.h"

namespace {

using thexp::Saver;
using thexp::State;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::failing_disk::Plan;

// Tensors are made before the forks: LibTorch's threads do not survive one.
State state_of(int number) {
  return State::Dict{{"a", number}, {"w", at::full({64}, number)}};
}

const State& old_state() {
  static State state = state_of(1);
  return state;
}

const State& new_state() {
  static State state = state_of(2);
  return state;
}

// A folder with one checkpoint. The next save removes it.
struct Kept {
  TempDir dir;
  Saver saver{dir.path(), thexp::SaverOptions().max_to_keep(1)};

  Kept() { saver.save_checkpoint(1, old_state()); }

  void save_new() { saver.mark_best(saver.save_checkpoint(2, new_state())); }

  // 1 or 2; both the files and the link must be one of them, whole.
  int64_t epoch() const {
    auto loaded = saver.load_latest();
    REQUIRE(loaded);
    CHECK(loaded->skipped.empty());
    int64_t epoch = loaded->file.point->number;
    CHECK(thexp::equal(loaded->state, epoch == 1 ? old_state() : new_state()));
    State last = thexp::load_pt(dir.path() / "checkpoints" / "last.pt");
    bool known =
        thexp::equal(last, old_state()) || thexp::equal(last, new_state());
    CHECK(known);
    return epoch;
  }

  // The next save works and leaves no half of the one before.
  void check_goes_on() {
    saver.save_checkpoint(3, old_state());
    CHECK(saver.load_latest()->file.point->number == 3);
    std::set<std::string> names;
    for (const auto& entry :
         thexp::fs::directory_iterator(dir / "checkpoints")) {
      names.insert(entry.path().filename().string());
    }
    for (const std::string& name : names) {
      INFO(name);
      CHECK_FALSE(thexp::is_temporary_name(name));
      bool payload = name.rfind("checkpoint-", 0) == 0 &&
                     name.substr(name.size() - 3) == ".pt";
      if (payload) CHECK(names.count(name + ".json") == 1);
    }
  }
};

int calls_of_a_save() {
  Kept kept;
  new_state();
  Plan count("any checkpoints 1000000 kill");
  kept.save_new();
  return thexp_test::failing_disk::seen();
}

std::string fault(const std::string& place, const std::string& action) {
  return "any checkpoints " + place + " " + action;
}

// Saves in a child process that the disk kills.
void save_and_die(Kept& kept, const std::string& plan) {
  pid_t child = ::fork();
  if (child == 0) {
    thexp_test::failing_disk::set(plan);
    kept.save_new();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

TEST_CASE("T13 killed at every call of a save: the old one, then the new one") {
  int calls = calls_of_a_save();
  CHECK(calls > 30);
  for (const char* action : {"kill", "tear"}) {
    int64_t before = 1;
    for (int call = 1; call <= calls; ++call) {
      INFO(action << " at call " << call);
      Kept kept;
      save_and_die(kept, fault(std::to_string(call), action));
      int64_t epoch = kept.epoch();
      CHECK(epoch >= before);  // committed once, at one call
      before = epoch;
      kept.check_goes_on();
    }
    CHECK(before == 2);
  }
}

TEST_CASE("T13 a disk that fails at any call: an error, and the old or new") {
  int calls = calls_of_a_save();
  for (const char* error : {"ENOSPC", "EIO", "EACCES"}) {
    // For once, or from then on.
    for (const char* further : {"", "+"}) {
      for (int call = 1; call <= calls; ++call) {
        INFO(error << " at call " << call << further);
        Kept kept;
        std::string message = [&] {
          Plan plan(fault(std::to_string(call) + further, error));
          return message_of<thexp::FileError>([&] { kept.save_new(); });
        }();
        CHECK_CONTAINS(message, (kept.dir / "checkpoints").string());
        CHECK_CONTAINS(message, "(errno ");
        kept.epoch();
        kept.check_goes_on();
      }
    }
  }
}

TEST_CASE("a model is the old one or the new one, too") {
  for (int call = 1;; ++call) {
    TempDir dir;
    Saver saver(dir.path());
    saver.save_model("net", old_state());
    bool failed = false;
    {
      Plan plan("any models " + std::to_string(call) + " EIO");
      try {
        saver.save_model("net", new_state());
      } catch (const thexp::FileError&) {
        failed = true;
      }
    }
    INFO("call " << call);
    for (const State& found :
         {saver.load_model("net").state,
          thexp::load_pt(dir.path() / "models" / "net.pt")}) {
      bool known =
          thexp::equal(found, old_state()) || thexp::equal(found, new_state());
      CHECK(known);
    }
    if (failed) continue;
    CHECK(call > 20);
    break;
  }
}

}  // namespace
