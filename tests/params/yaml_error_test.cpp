#include "fixture.h"

namespace {

using thexp_test::error_of;
using thexp_test::SampleParams;
using thexp_test::TempDir;
using thexp_test::yaml_error;

TEST_CASE("an unknown key names file, line, column and what was meant") {
  CHECK(yaml_error("epoch: 1\noptim:\n  momentum: 1\n  lrr: 0.1\n") ==
        "a.yaml:4:3: optim.lrr: unknown key; did you mean \"optim.lr\"?");
  CHECK_CONTAINS(yaml_error("sched:\n  a: 1"), "a.yaml:1:1: sched: unknown");
  CHECK_CONTAINS(yaml_error("optim.sgd.lr: 1"),
                 "a.yaml:1:1: optim.sgd.lr: unknown key; did you mean "
                 "\"optim.lr\"?");
  CHECK_CONTAINS(yaml_error("3: 1"), "a.yaml:1:1: 3: unknown key");
  CHECK_CONTAINS(yaml_error("\"\": 1"), "a.yaml:1:1: : unknown key");
}

TEST_CASE("a wrong type names the place of the value") {
  CHECK(yaml_error("optim:\n  lr:   abc\n") ==
        "a.yaml:2:9: optim.lr: \"abc\" is not a real number");
  CHECK(yaml_error("amp: yes") ==
        "a.yaml:1:6: amp: \"yes\" is not a bool; write true");
  CHECK(yaml_error("amp: True") ==
        "a.yaml:1:6: amp: \"True\" is not a bool; write true");
  CHECK(yaml_error("note: 1.10") ==
        "a.yaml:1:7: note: 1.10 is not text; write \"1.10\"");
  CHECK(yaml_error("epoch: 0x10") ==
        "a.yaml:1:8: epoch: \"0x10\" is not an integer; write 16");
  CHECK(yaml_error("milestones:\n  - 1\n  - 2.5\n") ==
        "a.yaml:3:5: milestones[1]: 2.5 is not an integer");
  CHECK(yaml_error("epoch: [1, {a: 1}]") ==
        "a.yaml:1:8: epoch: [1, {...}] is not an integer");
  CHECK(yaml_error("optim.lr: {a: 1}") ==
        "a.yaml:1:11: optim.lr: {a: 1} is not a real number");
  CHECK(yaml_error("workers: 1\nepoch:\n\n") ==
        "a.yaml:2:1: epoch: null is not an integer");
  CHECK(yaml_error("note: ~") ==
        "a.yaml:1:1: note: null is not text; write \"\", or \"null\" for that "
        "word");
  CHECK(yaml_error("optim: 3") ==
        "a.yaml:1:1: optim: is a group of parameters and takes no value "
        "itself; its members: optim.lr, optim.momentum");
}

TEST_CASE("a tab as indent is named, wherever the parser trips over it") {
  const char* problem = "malformed YAML: a tab cannot indent; use spaces";
  CHECK(yaml_error("optim:\n\tlr: 0.1\n") ==
        "a.yaml:2:4: " + std::string(problem));
  for (const char* text : {"\tepoch: 3", "optim:\n  lr: 1\n\tmomentum: 0\n",
                           "milestones:\n\t- 1\n", "optim:\n \tlr: 1\n"}) {
    INFO(text);
    CHECK_CONTAINS(yaml_error(text), problem);
  }
}

TEST_CASE("a text that YAML reads as something else is shown in quotes") {
  CHECK(yaml_error("epoch: 1\nnote: a: b\n") ==
        "a.yaml:2:8: malformed YAML: the text needs quotes; write note: \"a: "
        "b\"");
  CHECK_CONTAINS(yaml_error("note: %x"), "write note: \"%x\"");
  CHECK_CONTAINS(yaml_error("note: @x"), "write note: \"@x\"");
  CHECK_CONTAINS(yaml_error("note: - x"), "write note: \"- x\"");
  SampleParams params;
  params.load_yaml_text("note: \"a: b\"");
  CHECK(*params.note == "a: b");
  CHECK_CONTAINS(yaml_error("epoch: 3\nworkers 4\n"),
                 "a.yaml:2:1: malformed YAML: \"workers 4\" is not key: value");
}

TEST_CASE("hints in a file can be typed there") {
  struct Case {
    const char* wrong;
    const char* right;
  };
  const Case cases[] = {{"milestones: 30,60", "[30, 60]"},
                        {"milestones: (30, 60)", "[30, 60]"},
                        {"milestones: 30 60", "[30, 60]"},
                        {"milestones: 0_7", "[7]"},
                        {"milestones:", "[]"},
                        {"milestones: ''", "[]"},
                        {"tags: a,b", "[a, b]"},
                        {"tags: 3", "[\"3\"]"},
                        {"clip: None", "null"},
                        {"clip: none", "null"},
                        {"epoch: 0x1F", "31"},
                        {"epoch: 0o17", "15"},
                        {"epoch: 12:30", "750"},
                        {"epoch: 1:00:00", "3600"},
                        {"epoch: 0_7", "7"},
                        {"epoch: '3'", "3"},
                        {"workers: -007", "-7"},
                        {"optim.lr: 0,05", "0.05"},
                        {"optim.lr: 0_7", "7"},
                        {"amp: On", "true"},
                        {"amp: 0", "false"},
                        {"note: 2026", "\"2026\""}};
  for (const Case& each : cases) {
    INFO(each.wrong);
    std::string message = yaml_error(each.wrong);
    CHECK_CONTAINS(message, std::string("; write ") + each.right);
    std::string key(each.wrong, std::string(each.wrong).find(':'));
    SampleParams params;
    params.load_yaml_text(key + ": " + each.right);
  }
  for (const char* unclear : {"epoch: 1k", "optim.lr: 1,000", "epoch: None",
                              "epoch: 12:75", "milestones: a,b"}) {
    INFO(unclear);
    CHECK_FALSE(thexp_test::contains(yaml_error(unclear), "write"));
  }
}

TEST_CASE("duplicate keys name both places, however they are spelled") {
  CHECK(yaml_error("epoch: 1\nworkers: 2\nepoch: 3\n") ==
        "a.yaml:3:1: epoch: the key appears twice, first at a.yaml:1:1");
  CHECK(yaml_error("optim: {lr: 1, lr: 2}") ==
        "a.yaml:1:16: lr: the key appears twice, first at a.yaml:1:9");
  CHECK(yaml_error("optim.lr: 1\noptim:\n  lr: 2\n") ==
        "a.yaml:3:3: optim.lr: the key appears twice, first at a.yaml:1:1");
  CHECK_CONTAINS(yaml_error("base: a\nbase: b"), "base: the key appears twice");
}

TEST_CASE("malformed YAML names the place") {
  CHECK_CONTAINS(yaml_error("epoch: 1\nmilestones: [1, 2\n"),
                 "a.yaml:3:1: malformed YAML: ");
  CHECK_CONTAINS(yaml_error("epoch: 1\n lr: 2\n"),
                 "a.yaml:2:4: malformed YAML: ");
  CHECK_CONTAINS(yaml_error("note: \"open"), "malformed YAML: ");
  CHECK_CONTAINS(yaml_error("epoch: *nobody"), "malformed YAML: ");
  CHECK_CONTAINS(yaml_error("\tepoch: 1"), "a.yaml:1:");
}

TEST_CASE("a quote that is never closed is named where it opens") {
  for (const char* text :
       {"epoch: 1\nnote: \"open\noptim:\n  lr: 0.1\n",
        "epoch: 1\nnote: 'it''s\n\n", "epoch: 1\nnote: \"open\\\n",
        "epoch: 1\nnote: \"open\nepoch: 2"}) {
    CHECK_CONTAINS(yaml_error(text),
                   "a.yaml:2:7: malformed YAML: the quote is never closed");
  }
}

TEST_CASE("documents of another shape are refused") {
  CHECK(yaml_error("- 1\n- 2") ==
        "a.yaml:1:1: [1, 2] is not a map of parameters; write key: value");
  CHECK(yaml_error("hello") ==
        "a.yaml:1:1: \"hello\" is not a map of parameters; write key: value");
  CHECK(yaml_error("epoch: 1\n---\nepoch: 2\n") ==
        "a.yaml:3:1: a second document; parameters are one");
  CHECK(yaml_error("epoch: !mine 3") ==
        "a.yaml:1:8: the tag !mine is not supported");
  CHECK(yaml_error("? [a, b]\n: 1") == "a.yaml:1:3: a key must be text");
  CHECK_CONTAINS(yaml_error("epoch: &a 1\n*a : 3"),
                 "a.yaml:2:1: a key must be text");
  CHECK(yaml_error("optim: {<<: 3}") ==
        "a.yaml:1:13: << takes a map, or a list of maps");
}

TEST_CASE("bytes that no YAML has are named, not dropped") {
  CHECK(yaml_error("epoch: 1\nnote: a\x04"
                   "b\n") ==
        "a.yaml:2:8: byte 0x04 is a control character; escape it");
  CHECK(yaml_error("note: caf\xe9\n") == "a.yaml:1:10: byte 0xe9 is not UTF-8");
  CHECK_CONTAINS(yaml_error(std::string("\0", 1)), "a.yaml:1:1: byte 0x00");
}

TEST_CASE("an alias bomb is refused at once") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    std::string name = "a" + std::to_string(i);
    std::string item = "*a" + std::to_string(i - 1);
    text += name + ": &" + name + " [" + item;
    for (int k = 0; k < 9; ++k) text += ", " + item;
    text += "]\n";
  }
  CHECK_CONTAINS(yaml_error(text),
                 "more than 100000 values, or 16 MiB of text, when the "
                 "aliases are expanded");
  CHECK_CONTAINS(yaml_error("tags: &a [1, *a]"),
                 "an alias inside the value that it stands for");
}

TEST_CASE("aliases of a long text count with its bytes") {
  std::string text = "note: &n " + std::string(1 << 20, 'x') + "\ntags: [";
  for (int i = 0; i < 20; ++i) text += "*n, ";
  CHECK_CONTAINS(yaml_error(text + "]"), "16 MiB of text");
}

TEST_CASE("nesting without end is refused") {
  CHECK_CONTAINS(yaml_error("tags: " + std::string(65, '[')),
                 "nested more than 64 levels deep");
  CHECK_CONTAINS(yaml_error("tags: " + std::string(100000, '[')),
                 "nested more than 64 levels deep");
  std::string chain = "k0: &k0 [x]\n";
  for (int i = 1; i < 70; ++i) {
    std::string name = "k" + std::to_string(i);
    chain += name + ": &" + name + " [*k" + std::to_string(i - 1) + "]\n";
  }
  CHECK_CONTAINS(yaml_error(chain), "nested more than 64 levels deep");
}

TEST_CASE("files that cannot be read name path and errno") {
  SampleParams params;
  CHECK(error_of([&] { params.load_yaml("/no/such.yaml"); }) ==
        "cannot open for reading '/no/such.yaml': No such file or directory "
        "(errno 2)");
  TempDir dir;
  CHECK(error_of([&] { params.load_yaml(dir.path()); }) ==
        "cannot read '" + dir.path().string() + "': Is a directory (errno 21)");
  thexp::write_file_atomic(dir / "big.yaml", std::string((16 << 20) + 1, ' '));
  CHECK_CONTAINS(error_of([&] { params.load_yaml(dir / "big.yaml"); }),
                 "bytes are more than parameters need (at most 16 MiB)");
}

}  // namespace
