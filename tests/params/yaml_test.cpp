#include <cmath>

#include "fixture.h"

namespace {

using thexp::Value;
using thexp::write_file_atomic;
using thexp_test::error_of;
using thexp_test::SampleParams;
using thexp_test::TempDir;

Value loaded(const std::string& key, const std::string& text) {
  SampleParams params;
  params.load_yaml_text(text);
  return params[key];
}

TEST_CASE("T3 nested maps and dotted keys are the same") {
  CHECK(loaded("optim.lr", "optim:\n  lr: 0.1\n") == Value(0.1));
  CHECK(loaded("optim.lr", "optim.lr: 0.1\n") == Value(0.1));
  CHECK(loaded("optim.lr", "{optim: {lr: 1}}") == Value(1.0));
  CHECK(loaded("optim.lr", "{\"optim.lr\": 2}") == Value(2.0));
}

TEST_CASE("nothing in a file changes nothing") {
  SampleParams params, untouched;
  for (const char* text : {"", "\n", "# only this\n", "---\n", "{}", "null",
                           "optim:\n  # lr: 1\nepoch: 10"}) {
    params.load_yaml_text(text);
    CHECK(params.hash() == untouched.hash());
  }
}

TEST_CASE("scalars of every type") {
  CHECK(loaded("epoch", "epoch: +7") == Value(7));
  CHECK(loaded("amp", "amp: true") == Value(true));
  CHECK(loaded("note", "note: yes") == Value("yes"));
  CHECK(loaded("note", "note: True") == Value("True"));
  CHECK(loaded("note", "note: '1e-3'") == Value("1e-3"));
  CHECK(loaded("note", "note: !!str 12") == Value("12"));
  CHECK(loaded("note", "note: |\n  a\n  b\n") == Value("a\nb\n"));
  CHECK(loaded("note", "note: a=b") == Value("a=b"));
  CHECK(loaded("optim.lr", "optim.lr: .5") == Value(0.5));
  CHECK(loaded("optim.lr", "optim.lr: 1.") == Value(1.0));
  CHECK(loaded("optim.lr", "optim.lr: 1E-2") == Value(0.01));
  CHECK(std::isinf(loaded("clip", "clip: .inf").as_real()));
  CHECK(loaded("clip", "clip: -.inf").as_real() < 0);
  CHECK(std::isnan(loaded("clip", "clip: .NaN").as_real()));
  CHECK(std::isinf(loaded("clip", "clip: inf").as_real()));
  CHECK(loaded("clip", "clip: ~").is_null());
  CHECK(loaded("clip", "clip:").is_null());
  CHECK(loaded("milestones", "milestones:\n- 1\n- 2") ==
        Value(Value::List{1, 2}));
}

TEST_CASE("anchors, aliases and merge keys") {
  CHECK(loaded("workers", "epoch: &n 4\nworkers: *n") == Value(4));
  const char* merged =
      "optim: {<<: {lr: 1, momentum: 0.5}, lr: 2}\nmilestones: &m [1]\n";
  CHECK(loaded("optim.lr", merged) == Value(2.0));
  CHECK(loaded("optim.momentum", merged) == Value(0.5));
  const char* several = "optim:\n  <<: [{lr: 1}, {lr: 2, momentum: 3}]\n";
  CHECK(loaded("optim.lr", several) == Value(1.0));
  CHECK(loaded("optim.momentum", several) == Value(3.0));
}

TEST_CASE("of two << the last wins, as in Python") {
  const char* text =
      "x-a: &a {lr: 1, momentum: 0.1}\nx-b: &b {lr: 2}\n"
      "optim:\n  <<: *a\n  <<: *b\n";
  CHECK(loaded("optim.lr", text) == Value(2.0));
  CHECK(loaded("optim.momentum", text) == Value(0.1));
}

TEST_CASE("x- at the top holds anchors, and is nothing else") {
  const char* text =
      "x-defaults: &d {lr: 0.5, anything: [1]}\nepoch: 3\n"
      "x-one: &n 4\nworkers: *n\n";
  CHECK(loaded("epoch", text) == Value(3));
  CHECK(loaded("workers", text) == Value(4));
  CHECK_CONTAINS(thexp_test::yaml_error("optim: {x-d: 1}"), "unknown key");
  thexp::Params params;
  params.add<int>("x-size", 1);
  params.load_yaml_text("x-size: 2");
  CHECK(params["x-size"] == Value(2));
}

TEST_CASE("a real keeps the sign of its zero, in every notation") {
  for (const char* zero : {"-0", "-0.0", "-0.", "-0e3"}) {
    INFO(zero);
    CHECK(std::signbit(
        loaded("optim.momentum", std::string("optim.momentum: ") + zero)
            .as_real()));
  }
  for (const char* zero : {"-0", "-0.0", "-0e3"}) {
    INFO(zero);
    SampleParams params;
    params.load_json(std::string("{\"clip\": ") + zero + "}");
    CHECK(std::signbit(**params.clip));
  }
  CHECK(loaded("workers", "workers: -0") == Value(0));
}

TEST_CASE("later files win, key by key") {
  SampleParams params;
  params.load_yaml_text("optim: {lr: 1, momentum: 0.1}", "a.yaml");
  params.load_yaml_text("optim: {lr: 2}", "b.yaml");
  CHECK(*params.lr == 2.0);
  CHECK(*params.momentum == 0.1);
  CHECK(params.lr.origin() == "b.yaml:1:9");
  CHECK(params.momentum.origin() == "a.yaml:1:16");
}

TEST_CASE("S7 base: is loaded first, relative to its file") {
  TempDir dir;
  write_file_atomic(dir / "base.yaml", "epoch: 1\noptim: {lr: 1}\n");
  write_file_atomic(dir / "mid" / "mid.yaml",
                    "base: ../base.yaml\nworkers: 2\nepoch: 2\n");
  write_file_atomic(dir / "case1.yaml", "optim.lr: 3\nbase: mid/mid.yaml\n");
  SampleParams params;
  params.load_yaml(dir / "case1.yaml");
  CHECK(*params.lr == 3.0);
  CHECK(*params.epoch == 2);
  CHECK(*params.workers == 2);
  CHECK(params.workers.origin() ==
        (dir / "mid" / "mid.yaml").string() + ":2:1");
}

TEST_CASE("S7 a base shared by two files is not a cycle") {
  TempDir dir;
  write_file_atomic(dir / "base.yaml", "epoch: 5\n");
  write_file_atomic(dir / "a.yaml", "base: base.yaml\n");
  SampleParams params;
  params.load_yaml(dir / "a.yaml");
  params.load_yaml(dir / "a.yaml");
  CHECK(*params.epoch == 5);
}

TEST_CASE("S7 a cycle of base: prints the chain") {
  TempDir dir;
  write_file_atomic(dir / "a.yaml", "epoch: 1\nbase: b.yaml\n");
  write_file_atomic(dir / "b.yaml", "base: ./a.yaml\n");
  SampleParams params;
  std::string a = (dir / "a.yaml").string(), b = (dir / "b.yaml").string();
  CHECK(error_of([&] { params.load_yaml(a); }) ==
        b + ":1:7: base: the files form a cycle: " + a + " -> " + b + " -> " +
            a);
  write_file_atomic(dir / "self.yaml", "base: self.yaml\n");
  CHECK_CONTAINS(error_of([&] { params.load_yaml(dir / "self.yaml"); }),
                 "form a cycle");
  CHECK(*params.epoch == 10);
}

TEST_CASE("S7 a base that is absent, no name, or of no file") {
  TempDir dir;
  SampleParams params;
  write_file_atomic(dir / "a.yaml", "base: no.yaml\n");
  CHECK(error_of([&] { params.load_yaml(dir / "a.yaml"); }) ==
        (dir / "a.yaml").string() + ":1:7: base: cannot open for reading '" +
            (dir / "no.yaml").string() +
            "': No such file or directory (errno 2)");
  write_file_atomic(dir / "b.yaml", "base: [a.yaml]\n");
  CHECK_CONTAINS(error_of([&] { params.load_yaml(dir / "b.yaml"); }),
                 "b.yaml:1:7: base: [\"a.yaml\"] is not a file name");
  CHECK(thexp_test::yaml_error("base: x.yaml") ==
        "a.yaml:1:7: base: a.yaml is not a file, so there is no place to look "
        "for \"x.yaml\"");
}

}  // namespace
