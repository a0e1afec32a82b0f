#include "thexp/state/saver.h"

#include <ATen/ATen.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/state/pt.h"

namespace {

using thexp::Saver;
using thexp::SaverOptions;
using thexp::State;
using thexp::Value;
using thexp::fs::path;
using thexp_test::message_of;
using thexp_test::TempDir;

State state_of(int number) {
  return State::Dict{{"a", number}, {"w", at::full({4}, number)}};
}

Value info_of(int number) { return Value::Dict{{"b", number}}; }

std::vector<int64_t> epochs(const std::vector<thexp::SavedFile>& files) {
  std::vector<int64_t> numbers;
  for (const auto& file : files) numbers.push_back(file.point->number);
  return numbers;
}

std::vector<std::string> names_in(const path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : thexp::fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

using Epochs = std::vector<int64_t>;
using Names = std::vector<std::string>;

TEST_CASE("T13 the newest max_to_keep checkpoints stay, with their sidecars") {
  TempDir dir;
  Saver saver(dir.path());
  for (int i = 0; i < 5; ++i) {
    saver.save_checkpoint(i, state_of(i), info_of(i));
  }
  CHECK(epochs(saver.find_checkpoints()) == Epochs{2, 3, 4});
  CHECK(
      names_in(dir / "checkpoints") ==
      Names{"checkpoint-000003-epoch-2.pt", "checkpoint-000003-epoch-2.pt.json",
            "checkpoint-000004-epoch-3.pt", "checkpoint-000004-epoch-3.pt.json",
            "checkpoint-000005-epoch-4.pt", "checkpoint-000005-epoch-4.pt.json",
            "last.pt"});
  auto latest = saver.load_latest();
  REQUIRE(latest);
  CHECK(latest->file.point->number == 4);
  CHECK(thexp::equal(latest->state, state_of(4)));
  CHECK(latest->info == info_of(4));
  CHECK(latest->skipped.empty());
  saver.clear_checkpoints();
  CHECK(names_in(dir / "checkpoints").empty());
}

TEST_CASE("T13 keypoints are not pruned and load by their epoch") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(2));
  for (int i = 0; i < 5; ++i) saver.save_keypoint(i, state_of(i), info_of(i));
  CHECK(epochs(saver.find_keypoints()) == Epochs{0, 1, 2, 3, 4});
  for (int i = 0; i < 5; ++i) {
    auto loaded = saver.load_keypoint(i);
    CHECK(loaded.state["a"].as_integer() == i);
    CHECK(loaded.info.at("b").as_integer() == i);
    CHECK(loaded.file.info() == info_of(i));
  }
  saver.clear_keypoints();
  CHECK(saver.find_keypoints().empty());
}

TEST_CASE("T13 a model of the same name is replaced, its link stays") {
  TempDir dir;
  Saver saver(dir.path());
  saver.save_model("net", state_of(1), info_of(1));
  saver.save_model("net", state_of(2), info_of(2));
  saver.save_model(7, state_of(7));
  auto models = saver.find_models();
  REQUIRE(models.size() == 2);
  CHECK(models[0].name == "net");
  CHECK_FALSE(models[0].point);
  CHECK(models[1].point->number == 7);
  CHECK(thexp::equal(saver.load_model("net").state, state_of(2)));
  CHECK(thexp::equal(saver.load_model(7).state, state_of(7)));
  CHECK(thexp::equal(thexp::load_pt(dir.path() / "models" / "net.pt"),
                     state_of(2)));
  CHECK(names_in(dir / "models") ==
        Names{"epoch-7.pt", "model-000002-net.pt", "model-000002-net.pt.json",
              "model-000003-epoch-7.pt", "model-000003-epoch-7.pt.json",
              "net.pt"});
  saver.clear_models();
  CHECK(names_in(dir / "models").empty());
}

TEST_CASE("T13 many saves of one epoch overwrite nothing") {
  TempDir dir;
  Saver saver(dir.path());
  for (int i = 0; i < 12; ++i) saver.save_keypoint(3, state_of(i));
  saver.save_keypoint(4, state_of(40));
  CHECK(saver.find_keypoints().size() == 13);
  CHECK(saver.load_keypoint(3).state["a"].as_integer() == 11);
  CHECK(saver.load_keypoint(4).state["a"].as_integer() == 40);
}

TEST_CASE("T13 the order is the sequence's, not the file times'") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(0));
  path first = saver.save_checkpoint(9, state_of(9));
  saver.save_checkpoint(2, state_of(2));
  auto later = thexp::fs::file_time_type::clock::now() + std::chrono::hours(1);
  thexp::fs::last_write_time(first, later);
  CHECK(epochs(saver.find_checkpoints()) == Epochs{9, 2});
  CHECK(saver.load_latest()->file.point->number == 2);
}

TEST_CASE("T13 the sidecar is JSON with the file's size and checksum") {
  TempDir dir;
  path file = Saver(dir.path()).save_checkpoint(3, state_of(3), info_of(3));
  Value sidecar = Value::from_json(thexp::read_file(file.string() + ".json"));
  CHECK(sidecar.at("epoch").as_integer() == 3);
  CHECK(sidecar.at("sequence").as_integer() == 1);
  CHECK(sidecar.at("bytes").as_integer() ==
        static_cast<int64_t>(thexp::fs::file_size(file)));
  CHECK(sidecar.at("crc32").as_text().size() == 8);
  CHECK(sidecar.at("info") == info_of(3));
}

TEST_CASE("T13 the constructor and the finders touch nothing") {
  TempDir dir;
  Saver saver(dir / "run");
  CHECK(saver.find_checkpoints().empty());
  CHECK_FALSE(saver.load_latest());
  CHECK_FALSE(saver.find_best());
  saver.clear_checkpoints();
  CHECK_FALSE(thexp::fs::exists(dir / "run"));
}

TEST_CASE("T13 S2 an absent epoch is an error that names those there are") {
  TempDir dir;
  Saver saver(dir.path());
  saver.save_checkpoint(3, state_of(3));
  saver.save_checkpoint(5, state_of(5));
  CHECK(message_of<thexp::FileError>([&] { saver.load_checkpoint(4); }) ==
        "no checkpoint 'epoch-4' in " + (dir / "checkpoints").string() +
            " (there are: epoch-3, epoch-5)");
  CHECK_CONTAINS(message_of<thexp::FileError>([&] { saver.load_model("net"); }),
                 "no model 'net'");
}

TEST_CASE("T13 wrong arguments are usage errors") {
  TempDir dir;
  CHECK_THROWS_AS(Saver(dir.path(), SaverOptions().max_to_keep(-1)),
                  thexp::UsageError);
  Saver saver(dir.path());
  CHECK_THROWS_AS(saver.save_checkpoint(-1, {}), thexp::UsageError);
  for (const char* name : {"", "a/b", "..", ".hidden", "model-1-x", "a b"}) {
    INFO(name);
    CHECK_THROWS_AS(saver.save_model(name, {}), thexp::UsageError);
  }
  CHECK_THROWS_AS(saver.mark_best("absent.pt"), thexp::UsageError);
}

void damage(const path& file) {
  std::string bytes = thexp::read_file(file);
  bytes[bytes.find("data.pkl") + 64] ^= 1;
  thexp::write_file_atomic(file, bytes);
}

TEST_CASE("T13 a damaged newest is reported and the one before it is taken") {
  TempDir dir;
  Saver saver(dir.path());
  saver.save_checkpoint(1, state_of(1));
  path cut = saver.save_checkpoint(2, state_of(2));
  path bad = saver.save_checkpoint(3, state_of(3));
  thexp::fs::resize_file(cut, thexp::fs::file_size(cut) - 1);
  damage(bad);
  auto loaded = saver.load_latest();
  REQUIRE(loaded);
  CHECK(loaded->file.point->number == 1);
  REQUIRE(loaded->skipped.size() == 2);
  CHECK(loaded->skipped[0].path == bad);
  CHECK_CONTAINS(loaded->skipped[0].reason, "is damaged: its CRC-32 is");
  CHECK_CONTAINS(loaded->skipped[1].reason, "but its sidecar says");
  CHECK_CONTAINS(
      message_of<thexp::FormatError>([&] { saver.load_checkpoint(3); }),
      bad.string());
}

TEST_CASE("T13 when every checkpoint is damaged, that is an error") {
  TempDir dir;
  Saver saver(dir.path());
  path only = saver.save_checkpoint(1, state_of(1));
  thexp::write_file_atomic(only.string() + ".json", "{");
  CHECK_CONTAINS(message_of<thexp::FormatError>([&] { saver.load_latest(); }),
                 "nothing could be loaded:\n  " + only.string() + ".json:");
}

TEST_CASE("T13 halves of a killed save do not count and are cleaned up") {
  TempDir dir;
  Saver saver(dir.path());
  path kept = saver.save_checkpoint(1, state_of(1));
  path folder = kept.parent_path();
  thexp::fs::remove(saver.save_checkpoint(2, state_of(2)));
  for (const char* file : {"checkpoint-000002-epoch-2.pt", "last.pt",
                           "checkpoint-000003-epoch-3.pt.json", "best.json"}) {
    thexp::write_file_atomic(folder / (file + std::string(".tmp.1.0")), "");
  }
  CHECK(epochs(saver.find_checkpoints()) == Epochs{1});
  CHECK(saver.load_latest()->file.point->number == 1);
  path next = saver.save_checkpoint(5, state_of(5));
  CHECK(next.filename() == "checkpoint-000002-epoch-5.pt");
  CHECK(names_in(folder) == Names{"checkpoint-000001-epoch-1.pt",
                                  "checkpoint-000001-epoch-1.pt.json",
                                  "checkpoint-000002-epoch-5.pt",
                                  "checkpoint-000002-epoch-5.pt.json",
                                  "last.pt"});
}

// What somebody may put beside our files, to keep it.
Names foreign_names() {
  return {"checkpoint-000001-epoch-1-backup.pt",
          "checkpoint-000001-epoch-1-backup.pt.json",
          "checkpoint-000001-epoch-01.pt",
          "checkpoint-000001-epoch-01.pt.json",
          "checkpoint-000002-epoch-2 (copy).pt",
          "checkpoint-000002-epoch-2-good.pt",
          "checkpoint-000007-epoch-7.pt",
          "checkpoint-000008-epoch-8.pt.json",
          "checkpoint-1-epoch-1.pt",
          "checkpoint-1-epoch-1.pt.json",
          "checkpoint-999999999999999999-epoch-1.pt",
          "last.pt.tmp.old",
          "mine.pt.tmp.1.0",
          "my.tmp.pt"};
}

TEST_CASE("a save and a clean-up leave files of other names alone") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(1));
  path first = saver.save_checkpoint(1, state_of(1));
  for (const std::string& name : foreign_names()) {
    std::string from = first.string() + (name.back() == 'n' ? ".json" : "");
    thexp::fs::copy_file(from, dir / "checkpoints" / name);
  }
  thexp::fs::create_directories(dir / "checkpoints" /
                                "checkpoint-000002-epoch-3.pt");
  for (int i = 2; i < 9; ++i) saver.save_checkpoint(i, state_of(i));
  CHECK(epochs(saver.find_checkpoints()) == Epochs{8});
  saver.clear_checkpoints();
  Names expected = foreign_names();
  expected.push_back("checkpoint-000002-epoch-3.pt");
  std::sort(expected.begin(), expected.end());
  CHECK(names_in(dir / "checkpoints") == expected);
}

TEST_CASE("saving a model leaves files of other names alone") {
  TempDir dir;
  Saver saver(dir.path());
  path first = saver.save_model("net", state_of(1));
  path folder = first.parent_path();
  Names mine = {"mine.pt", "model-000001-net-good.pt", "model-000009-net.pt",
                "model-1-final.pt"};
  for (const std::string& name : mine) {
    thexp::fs::copy_file(first, folder / name);
  }
  thexp::fs::create_directory_symlink(dir.path(), folder / "here");
  saver.save_model("net", state_of(2));
  saver.save_model("net", state_of(3));
  saver.clear_models();
  mine.insert(mine.begin(), "here");
  CHECK(names_in(folder) == mine);
}

TEST_CASE("folders with the names of our files are nobody's") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(1));
  path folder = saver.save_checkpoint(1, state_of(1)).parent_path();
  for (const char* name :
       {"checkpoint-000002-epoch-2.pt", "checkpoint-000002-epoch-2.pt.json",
        "checkpoint-000003-epoch-3.pt.json", "best.pt",
        "checkpoint-000004-epoch-4.pt.tmp.1.0"}) {
    thexp::fs::create_directory(folder / name);
  }
  saver.mark_best(saver.save_checkpoint(2, state_of(2)));
  saver.save_checkpoint(3, state_of(3));
  CHECK(epochs(saver.find_checkpoints()) == Epochs{2, 3});
  CHECK(saver.load_latest()->file.point->number == 3);
  CHECK(thexp::fs::is_directory(folder / "best.pt"));
}

TEST_CASE("T13 last and best are relative links that never dangle") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(2));
  path best = saver.save_checkpoint(0, state_of(0));
  saver.mark_best(best);
  for (int i = 1; i < 5; ++i) saver.save_checkpoint(i, state_of(i));
  CHECK(epochs(saver.find_checkpoints()) == Epochs{0, 3, 4});
  path folder = dir / "checkpoints";
  CHECK(thexp::fs::read_symlink(folder / "best.pt") == best.filename());
  CHECK(thexp::equal(thexp::load_pt(folder / "best.pt"), state_of(0)));
  CHECK(thexp::equal(thexp::load_pt(folder / "last.pt"), state_of(4)));
  CHECK(saver.find_best()->point->number == 0);

  saver.mark_best(saver.find_checkpoints().back().path);
  saver.save_checkpoint(5, state_of(5));
  CHECK(epochs(saver.find_checkpoints()) == Epochs{4, 5});
  CHECK(thexp::equal(thexp::load_pt(folder / "best.pt"), state_of(4)));
}

TEST_CASE("G13 the best is known without its link") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(1));
  saver.mark_best(saver.save_checkpoint(1, state_of(1)));
  path link = dir / "checkpoints" / "best.pt";
  thexp::fs::remove(link);
  for (int i = 2; i < 4; ++i) saver.save_checkpoint(i, state_of(i));
  REQUIRE(saver.find_best());
  CHECK(saver.find_best()->point->number == 1);
  CHECK(thexp::fs::exists(link));  // made again
}

TEST_CASE("G13 the mark of an earlier version is its link") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(1));
  saver.mark_best(saver.save_checkpoint(1, state_of(1)));
  thexp::fs::remove(dir / "checkpoints" / "best.json");
  for (int i = 2; i < 4; ++i) saver.save_checkpoint(i, state_of(i));
  CHECK(saver.find_best()->point->number == 1);
}

TEST_CASE("G13 a kill between mark and link leaves none that dangles") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(1));
  saver.mark_best(saver.save_checkpoint(1, state_of(1)));
  path second = saver.save_checkpoint(2, state_of(2));
  path link = dir / "checkpoints" / "best.pt";
  thexp::replace_link(link, second);
  saver.save_checkpoint(3, state_of(3));
  CHECK(epochs(saver.find_checkpoints()) == Epochs{1, 3});
  CHECK(thexp::equal(thexp::load_pt(link), state_of(1)));
}

Value with_loss(double loss) {
  return Value::Dict{{"metrics", Value::Dict{{"eval/loss", loss}}}};
}

TEST_CASE("G13 best_by marks the best by a metric") {
  TempDir dir;
  SaverOptions options;
  options.max_to_keep(1).best_by("eval/loss", thexp::Mode::kMin);
  Saver saver(dir.path(), options);
  double losses[] = {3, 1, 2, 1, std::nan("")};
  for (int i = 0; i < 5; ++i) {
    saver.save_checkpoint(i, state_of(i), with_loss(losses[i]));
  }
  saver.save_checkpoint(5, state_of(5));
  REQUIRE(saver.find_best());
  CHECK(saver.find_best()->point->number == 1);
  CHECK(epochs(saver.find_checkpoints()) == Epochs{1, 5});
}

TEST_CASE("G13 restore_best finds what a kill kept from being marked") {
  TempDir dir;
  Saver unruled(dir.path(), SaverOptions().max_to_keep(0));
  unruled.save_checkpoint(1, state_of(1), with_loss(2));
  unruled.save_checkpoint(2, state_of(2), with_loss(1));
  unruled.save_checkpoint(3, state_of(3), with_loss(3));
  unruled.restore_best();
  CHECK_FALSE(unruled.find_best());
  Saver ruled(dir.path(),
              SaverOptions().best_by("eval/loss", thexp::Mode::kMin));
  ruled.restore_best();
  CHECK(ruled.find_best()->point->number == 2);
}

TEST_CASE("a checkpoint that is the best frees the former one at once") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(1));
  Value best = Value::Dict{{"best", true}};
  saver.save_checkpoint(1, state_of(1), best);
  saver.save_checkpoint(2, state_of(2), best);
  CHECK(epochs(saver.find_checkpoints()) == Epochs{2});
}

TEST_CASE("B4 a model written whole by another writer is kept as it is") {
  TempDir dir;
  Saver saver(dir.path());
  path file = saver.save_model_bytes("traced", "whole module", info_of(1));
  CHECK(thexp::read_file(file) == "whole module");
  CHECK(thexp::read_file(dir.path() / "models" / "traced.pt") ==
        "whole module");
  CHECK(saver.find_models()[0].info() == info_of(1));
}

TEST_CASE("T13 a failed save leaves what was there, and names the file") {
  TempDir dir;
  thexp::write_file_atomic(dir / "file", "");
  Saver saver(dir / "file");
  CHECK_CONTAINS(message_of<thexp::FileError>(
                     [&] { saver.save_checkpoint(1, state_of(1)); }),
                 "Not a directory");

  Saver good(dir.path());
  good.save_checkpoint(1, state_of(1));
  State sparse = at::ones({2}).to_sparse();
  CHECK_THROWS_AS(good.save_checkpoint(2, sparse), thexp::UsageError);
  CHECK(good.load_latest()->file.point->number == 1);
  CHECK(names_in(dir / "checkpoints").size() == 3);
}

// Saves until it is killed. Tensors are made before the fork, as LibTorch's
// threads do not survive it.
void save_forever(Saver& saver, const State& state) {
  for (int epoch = 2;; ++epoch) saver.save_checkpoint(epoch, state);
}

TEST_CASE("T13 a save killed at any instant leaves a checkpoint to load") {
  TempDir dir;
  Saver saver(dir.path(), SaverOptions().max_to_keep(2));
  State state = state_of(1);
  int64_t before = 1;
  saver.save_checkpoint(before, state);
  for (int round = 0; round < 12; ++round) {
    pid_t child = ::fork();
    if (child == 0) {
      save_forever(saver, state);
      ::_exit(0);
    }
    ::usleep(3000 + 1700 * round);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto loaded = saver.load_latest();
    REQUIRE(loaded);
    CHECK(loaded->skipped.empty());
    CHECK(thexp::equal(loaded->state, state));
    CHECK(thexp::equal(thexp::load_pt(dir.path() / "checkpoints" / "last.pt"),
                       state));
  }
}

TEST_CASE("a checkpoint can be named after its step") {
  TempDir dir;
  Saver saver(dir.path());
  auto step = thexp::SavePoint::step;
  saver.save_checkpoint(step(500), state_of(5));
  CHECK(saver.save_checkpoint(2, state_of(2)).filename() ==
        "checkpoint-000002-epoch-2.pt");
  auto files = saver.find_checkpoints();
  REQUIRE(files.size() == 2);
  CHECK(files[0].path.filename() == "checkpoint-000001-step-500.pt");
  CHECK(files[0].point->unit == thexp::SavePoint::Unit::kStep);
  CHECK(saver.load_checkpoint(step(500)).file.sequence == 1);
  CHECK_CONTAINS(
      message_of<thexp::FileError>([&] { saver.load_checkpoint(step(2)); }),
      "no checkpoint 'step-2' in");
  CHECK_THROWS_AS(saver.save_checkpoint(step(-1), state_of(1)),
                  thexp::UsageError);
}

}  // namespace
