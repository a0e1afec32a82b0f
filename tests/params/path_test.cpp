#include "fixture.h"
#include "variable.h"

namespace {

using thexp::Value;
using thexp::fs::path;
using thexp_test::error_of;
using thexp_test::TempDir;
using thexp_test::Variable;

struct PathParams : thexp::Params {
  thexp::Param<path> root{this, "data.root", "~/data", "folder"};
  thexp::Param<std::vector<path>> extra{this, "extra", {}, "more folders"};
  thexp::Param<std::optional<path>> cache{this, "cache", std::nullopt, ""};
  thexp::Param<std::string> note{this, "note", "~/x", "free text"};
};

TEST_CASE("a path is expanded where it is read, whatever it comes from") {
  Variable home("HOME", "/home/me");
  Variable big("THEXP_TEST_BIG", "/big");
  PathParams params;
  CHECK(*params.root == "/home/me/data");
  params.parse_args({"--data.root=~/mnist", "--extra=[~/a, \"${HOME}/b\"]"});
  CHECK(*params.root == "/home/me/mnist");
  CHECK(*params.extra == std::vector<path>{"/home/me/a", "/home/me/b"});
  params.load_yaml_text("data: {root: '${THEXP_TEST_BIG}/x'}\ncache: ~/c\n");
  CHECK(*params.root == "/big/x");
  CHECK(**params.cache == "/home/me/c");
  params.root = "~/y";
  CHECK(*params.root == "/home/me/y");
  params.parse_args({"--cache=~", "--data.root=~"});
  CHECK_FALSE(params.cache->has_value());
  CHECK(*params.root == "/home/me");
  CHECK(params.at("data.root").as<path>() == "/home/me");
  CHECK(*thexp::copy(params)->root == "/home/me");
}

TEST_CASE("other texts keep what looks like a path") {
  PathParams params;
  params.parse_args({"--note=${HOME}/~"});
  CHECK(*params.note == "${HOME}/~");
  params.note = "~/x";
  CHECK(*params.note == "~/x");
}

TEST_CASE("what is written is the path as it was given") {
  Variable home("HOME", "/home/me");
  PathParams params, again;
  params.parse_args({"--data.root=${HOME}/$$1"});
  CHECK(params["data.root"] == Value("${HOME}/$$1"));
  CHECK_CONTAINS(params.to_yaml(), "root: \"${HOME}/$$1\"\n");
  CHECK_CONTAINS(params.help_text("x"), "--data.root PATH");
  again.load_yaml_text(params.to_yaml());
  CHECK(again.hash() == params.hash());
  CHECK(*again.root == "/home/me/$1");
  Variable other("HOME", "/home/you");
  again.load_json(params.to_json());
  CHECK(*again.root == "/home/you/$1");
}

TEST_CASE("a variable that is not set is named, and where it is wanted") {
  Variable unset("THEXP_TEST_UNSET", nullptr);
  PathParams params;
  CHECK(error_of([&] {
          params.parse_args({"--data.root=${THEXP_TEST_UNSET}/x"});
        }) ==
        "--data.root (command line): \"${THEXP_TEST_UNSET}/x\": the "
        "environment variable THEXP_TEST_UNSET is not set");
  CHECK_CONTAINS(error_of([&] { params.root.get(); }), "is not set");
  params.load_yaml_text("data.root: ${THEXP_TEST_UNSET}", "a.yaml");
  CHECK_CONTAINS(error_of([&] { params.validate(); }),
                 "data.root (a.yaml:1:1): \"${THEXP_TEST_UNSET}\": the ");
  CHECK_CONTAINS(error_of([&] { params.at("data.root").as<path>(); }),
                 "is not set");
  params.parse_args({"--data.root=here"});  // the later source wins
  CHECK(*params.root == "here");
  CHECK_CONTAINS(error_of([&] { params.parse_args({"--extra=[$HOME]"}); }),
                 "$HOME is not expanded; write ${HOME}");
  CHECK_CONTAINS(error_of([&] { params.parse_args({"--data.root=~bob/x"}); }),
                 "~bob is not expanded");
}

TEST_CASE("a default may need a variable that a person need not have") {
  Variable unset("THEXP_TEST_UNSET", nullptr);
  thexp::Params params;
  params.add<path>("root", "${THEXP_TEST_UNSET}/x");
  CHECK(params.parse_args({"--help"}).help);
  CHECK(error_of([&] { params.parse_args({}); }) ==
        "root (default): \"${THEXP_TEST_UNSET}/x\": the environment variable "
        "THEXP_TEST_UNSET is not set");
  params.parse_args({"--root=y"});
}

TEST_CASE("a path is text in a file") {
  PathParams params;
  CHECK(error_of([&] { params.load_yaml_text("data.root: 2026", "a"); }) ==
        "a:1:12: data.root: 2026 is not a path; write \"2026\"");
  CHECK_CONTAINS(error_of([&] { params.load_yaml_text("extra: x", "a"); }),
                 "\"x\" is not a list of paths; write [x]");
}

TEST_CASE("--config and base: are paths, too") {
  TempDir dir;
  Variable home("HOME", dir.path().c_str());
  thexp::write_file_atomic(dir / "base.yaml", "note: b\n");
  thexp::write_file_atomic(dir / "sub" / "a.yaml",
                           "base: ${HOME}/base.yaml\ndata.root: a\n");
  PathParams params;
  params.parse_args({"--config=~/sub/a.yaml"});
  CHECK(*params.note == "b");
  CHECK(*params.root == "a");
  CHECK_CONTAINS(error_of([&] { params.parse_args({"--config=$X/a"}); }),
                 "--config (command line): \"$X/a\": $X is not expanded");
}

}  // namespace
