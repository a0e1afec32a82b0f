#include "fixture.h"
#include "thexp/base/error.h"

namespace {

using thexp_test::SampleParams;

struct TwoRates : thexp::Params {
  thexp::Param<double> g{this, "gen.lr", 0.1, ""};
  thexp::Param<double> d{this, "disc.lr", 0.2, ""};
  thexp::Param<std::string> name_{this, "name", "x", ""};
};

std::string name_with(const std::string& text) {
  TwoRates params;
  params.name_ = text;
  return params.build_exp_name("m", {"name"});
}

TEST_CASE("T4 the name is the prefix and the last parts with their values") {
  SampleParams params;
  params.lr = 0.01;
  CHECK(params.build_exp_name("mytrainer", {"optim.lr"}) ==
        "mytrainer_lr=0.01");
  CHECK(params.build_exp_name("mnist", {"optim.lr", "epoch", "amp", "clip"}) ==
        "mnist_lr=0.01_epoch=10_amp=false_clip=null");
  CHECK(params.build_exp_name("mnist", {}) == "mnist");
  CHECK(params.build_exp_name("", {"mode"}) == "mode=fast");
  params.lr = 1e-5;
  params.milestones = {1, 2};
  CHECK(params.build_exp_name("m", {"optim.lr", "milestones"}) ==
        "m_lr=1e-05_milestones=1,2");
}

TEST_CASE("T4 keys that end alike are written in full") {
  TwoRates params;
  CHECK(params.build_exp_name("gan", {"gen.lr", "disc.lr"}) ==
        "gan_gen.lr=0.1_disc.lr=0.2");
  CHECK(params.build_exp_name("gan", {"gen.lr"}) == "gan_lr=0.1");
}

TEST_CASE("T4 the name is safe as a folder name") {
  CHECK(name_with("a/b") == "m_name=a_b");
  CHECK(name_with("../..") == "m_name=.._..");
  CHECK(name_with("a b\n\t\x7f*?:\"<>|\\") == "m_name=a_b___________");
  CHECK(name_with("größe 名") == "m_name=größe_名");
  TwoRates params;
  CHECK(params.build_exp_name("..", {}) == "__");
  CHECK(params.build_exp_name(".hidden", {}) == "_hidden");
  CHECK(params.build_exp_name("-rf", {}) == "_rf");
}

TEST_CASE("T4 a long name is cut, and its hash keeps it apart") {
  std::string a = name_with(std::string(200, 'x') + "a");
  std::string b = name_with(std::string(200, 'x') + "b");
  CHECK(a.size() == 120);
  CHECK(a != b);
  CHECK(a.substr(0, 111) == b.substr(0, 111));
  CHECK(a[111] == '-');
  std::string wide = name_with(std::string(1, 'x') + [] {
    std::string many;
    for (int i = 0; i < 80; ++i) many += "名";
    return many;
  }());
  CHECK(wide.size() <= 120);
  CHECK(wide.size() > 115);
  CHECK(name_with(std::string(113, 'x')).size() == 120);
  CHECK(name_with(std::string(113, 'x')).back() == 'x');
}

TEST_CASE("T4 T30 an unknown key, and a name of nothing") {
  SampleParams params;
  CHECK_CONTAINS(
      thexp_test::error_of([&] { params.build_exp_name("m", {"lrr"}); }),
      "lrr: unknown key");
  CHECK_THROWS_AS(params.build_exp_name("", {}), thexp::UsageError);
}

}  // namespace
