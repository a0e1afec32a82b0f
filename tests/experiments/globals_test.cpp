#include "thexp/experiments/globals.h"

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/params/param_error.h"
#include "variable.h"

namespace {

using namespace thexp;
using thexp_test::message_of;
using thexp_test::TempDir;

constexpr GlobalLevel kGlobal = GlobalLevel::kGlobal;
constexpr GlobalLevel kLocal = GlobalLevel::kLocal;

/// A home folder of its own, and a project beside it.
struct Fixture {
  TempDir dir;
  fs::path home = dir / "home";
  fs::path project = dir / "project";
  fs::path user_file = home / "config.yaml";

  thexp_test::Variable home_variable{"THEXP_HOME", home.c_str()};

  Fixture() { fs::create_directories(project / "src" / "deep"); }

  Globals globals() const { return Globals(project / "src" / "deep"); }
  void write(const std::string& yaml) { write_file_atomic(user_file, yaml); }
};

TEST_CASE("T21 a global that nobody set says how to set it") {
  Fixture f;
  CHECK(message_of<UsageError>([&] { f.globals()["datasets"]; }) ==
        "there is no global 'datasets'; set it with: thexp config --global "
        "datasets VALUE (with --local for the project that thexp init made)");
  f.globals().set(kGlobal, "dataset", "/data");
  CHECK_CONTAINS(message_of<UsageError>([&] { f.globals()["datasets"]; }),
                 "; did you mean 'dataset'?");
  CHECK_FALSE(f.globals().find("datasets"));
}

TEST_CASE("T21 a project's global counts before the user's") {
  Fixture f;
  f.globals().set(kGlobal, "datasets", "/data");
  CHECK(f.globals()["datasets"] == "/data");
  CHECK_CONTAINS(
      message_of<UsageError>([&] { f.globals().set(kLocal, "datasets", "x"); }),
      "thexp init makes one");
  fs::path file = init_project(f.project);
  CHECK(find_project(f.project / "src" / "deep") == f.project);
  f.globals().set(kLocal, "datasets", "/fast");
  CHECK(f.globals()["datasets"] == "/fast");
  CHECK(Globals(f.dir.path())["datasets"] == "/data");

  std::vector<GlobalEntry> list = f.globals().list();
  REQUIRE(list.size() == 2);
  CHECK(list[0].text == "/data");
  CHECK(list[0].file == f.user_file);
  CHECK_FALSE(list[0].counts);
  CHECK(list[1].level == kLocal);
  CHECK(list[1].file == file);
  CHECK(list[1].counts);

  f.globals().unset(kLocal, "datasets");
  CHECK(f.globals()["datasets"] == "/data");
}

TEST_CASE("T27 a global is any text, and comes back as it was") {
  Fixture f;
  for (const std::string text :
       {"", "/data", "0.10", "true", "null", "a: b # c", " blanks ",
        "two\nlines", "größer", "\"quoted\"", "[1, 2]", "~", "-", "C:\\x"}) {
    INFO(text);
    f.globals().set(kGlobal, "a.b-c_1", text);
    CHECK(f.globals()["a.b-c_1"] == text);
  }
  CHECK_CONTAINS(
      message_of<UsageError>([&] { f.globals().set(kGlobal, "a", "\xff"); }),
      "is not UTF-8");
  for (const char* bad : {"", "a..b", ".a", "a.", "a b", "a:b", "-a", "a/b"}) {
    CHECK_CONTAINS(
        message_of<UsageError>([&] { f.globals().set(kGlobal, bad, "x"); }),
        "cannot name a global");
  }
}

TEST_CASE("T27 what people wrote around a value stays") {
  Fixture f;
  f.write(
      "# mine\n"
      "datasets: /old   # on the big disk\n"
      "\n"
      "data:\n"
      "  root: 'it''s'  # quoted\n"
      "  rate: 0.10\n"
      "port: \"60\\\"06\"\n");
  CHECK(f.globals()["data.root"] == "it's");
  CHECK(f.globals()["data.rate"] == "0.10");
  f.globals().set(kGlobal, "datasets", "/new");
  f.globals().set(kGlobal, "data.root", "/r");
  f.globals().set(kGlobal, "port", "80");
  f.globals().set(kGlobal, "data.seed", "1");
  f.globals().unset(kGlobal, "data.rate");
  CHECK(read_file(f.user_file) ==
        "# mine\n"
        "datasets: /new   # on the big disk\n"
        "\n"
        "data:\n"
        "  root: /r  # quoted\n"
        "port: \"80\"\n"
        "data.seed: \"1\"\n");
  f.globals().unset(kGlobal, "data.root");
  CHECK_FALSE(f.globals().find("data.root"));
  CHECK(f.globals()["port"] == "80");
}

TEST_CASE("T27 what a line alone cannot change is left to its author") {
  for (const char* yaml : {"text: |\n  one\n  two\n", "{text: 1, b: 2}\n",
                           "text:\n  one\n  two\n", "b: &x 1\ntext: *x\n"}) {
    INFO(yaml);
    Fixture f;
    f.write(yaml);
    try {
      f.globals().set(kGlobal, "text", "new");
      CHECK(f.globals()["text"] == "new");
    } catch (const FormatError& error) {
      CHECK_CONTAINS(error.what(), f.user_file.string() + ":");
      CHECK_CONTAINS(error.what(), "edit the file by hand");
      CHECK(read_file(f.user_file) == yaml);
    }
  }
}

TEST_CASE("T27 a broken file is an error with its line, and stays") {
  Fixture f;
  for (const char* yaml : {"a: 1\nb: [1, 2]\n", "a: 1\n b: 2\n", "a\n",
                           "a.b: 1\na:\n  b: 2\n", "a: \"never closed\n"}) {
    INFO(yaml);
    f.write(yaml);
    std::string message = message_of<ParamError>([&] { f.globals()["a"]; });
    CHECK_CONTAINS(message, f.user_file.string() + ":");
    message_of<ParamError>([&] { f.globals().set(kGlobal, "c", "3"); });
    CHECK(read_file(f.user_file) == yaml);
  }
}

TEST_CASE("T27 what is not set cannot be unset") {
  Fixture f;
  f.globals().set(kGlobal, "datasets", "/data");
  CHECK(message_of<UsageError>([&] {
          f.globals().unset(kGlobal, "dataset");
        }) == "the global 'dataset' is not set in '" + f.user_file.string() +
                  "'; did you mean 'datasets'?");
}

TEST_CASE("T27 a link to the file and its mode stay") {
  Fixture f;
  write_file_atomic(f.dir / "dotfiles" / "thexp.yaml", "a: 1\n");
  fs::permissions(f.dir / "dotfiles" / "thexp.yaml",
                  fs::perms::owner_read | fs::perms::owner_write);
  fs::create_directories(f.home);
  fs::create_symlink(f.dir / "dotfiles" / "thexp.yaml", f.user_file);
  f.globals().set(kGlobal, "a", "x");
  CHECK(fs::is_symlink(f.user_file));
  CHECK(read_file(f.dir / "dotfiles" / "thexp.yaml") == "a: x\n");
  CHECK(fs::status(f.user_file).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("T21 the user's own folder is no project") {
  Fixture f;
  thexp_test::Variable variable("THEXP_HOME", (f.dir / ".thexp").c_str());
  Globals(f.project).set(kGlobal, "a", "1");
  CHECK(find_project(f.project).empty());
  CHECK_CONTAINS(message_of<UsageError>([&] { init_project(f.dir.path()); }),
                 "cannot be a project");
}

TEST_CASE("T21 init leaves a project as it is") {
  Fixture f;
  init_project(f.project);
  f.globals().set(kLocal, "a", "1");
  init_project(f.project);
  CHECK(f.globals()["a"] == "1");
}

}  // namespace
