// Files go from C++ to Python's torch and back; see interop/interop.py.
#include <torch/nn.h>

#include <cstdlib>

#include "catch.h"
#include "optimizer_zoo.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/state/pt.h"

namespace {

namespace nn = torch::nn;
using thexp::FormatError;
using thexp::State;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::Trained;

bool no_python() {
  if (!std::string(THEXP_TEST_PYTHON).empty()) return false;
  WARN("skipped: no python3 with torch");
  return true;
}

void python(const std::string& arguments) {
  std::string command = std::string(THEXP_TEST_PYTHON) + " " +
                        THEXP_INTEROP_SCRIPT + " " + arguments;
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

TEST_CASE("S3 Python opens saved weights safely and computes the same logits") {
  if (no_python()) return;
  TempDir dir;
  nn::Sequential model(nn::Linear(4, 8), nn::BatchNorm1d(8), nn::ReLU(),
                       nn::Linear(8, 3));
  model->forward(torch::rand({16, 4}));
  model->eval();
  at::Tensor x = torch::rand({5, 4});
  thexp::save_pt(dir / "model.pt", thexp::module_state(*model));
  thexp::save_pt(dir / "input.pt", State::Dict{{"x", x}});
  python("logits " + (dir / "model.pt").string() + " " +
         (dir / "input.pt").string() + " " + (dir / "out.pt").string());
  State out = thexp::load_pt(dir / "out.pt");
  CHECK(torch::allclose(out["logits"].as_tensor(), model->forward(x), 1e-5,
                        1e-5));
}

void check_zoo_values(State& zoo) {
  CHECK(zoo["dtypes"].size() == 12);
  CHECK(thexp::equal(zoo["dtypes"]["float16"],
                     torch::tensor({0.5, -2.0}).to(torch::kHalf)));
  CHECK(thexp::equal(zoo["dtypes"]["bfloat16"],
                     torch::tensor({0.5, -2.0}).to(torch::kBFloat16)));
  CHECK(thexp::equal(zoo["dtypes"]["bool"], torch::tensor({true, false})));
  CHECK(zoo["dtypes"]["int64"].as_tensor()[1].item<int64_t>() == 1LL << 40);
  CHECK(thexp::equal(zoo["view"], torch::tensor({2.0f, 3.0f, 4.0f})));
  CHECK(thexp::equal(zoo["transposed"],
                     torch::arange(12, torch::kFloat).view({3, 4}).t()));
  CHECK(thexp::equal(zoo["expanded"], torch::full({2, 3}, 7.0)));
  CHECK(thexp::equal(zoo["empty"], torch::empty({0, 3})));
  CHECK(thexp::equal(zoo["parameter"], torch::ones({2})));
  if (const State* conjugate = zoo.find("conjugate")) {
    CHECK(conjugate->as_tensor()[0].item<c10::complex<float>>() ==
          c10::complex<float>(1, -2));
  }
  zoo["encoder"].as_tensor()[0][0] = 50;
  CHECK(zoo["decoder"].as_tensor()[0][0].item<float>() == 50);
  zoo["encoder"].as_tensor()[0][0] = 1;
  State plain =
      State::Dict{{"none", nullptr},
                  {"yes", true},
                  {"no", false},
                  {"int", 5},
                  {"big", 1LL << 40},
                  {"negative", -70000},
                  {"real", 0.1},
                  {"text", "na\xc3\xafve \xe4\xb8\xad"},
                  {"tuple", State::List{1, State::List{2, State::List{3}}}},
                  {"list", State::List{}},
                  {"dict", State::Dict{}},
                  {"size", State::List{2, 3}}};
  CHECK(first_difference(zoo["plain"], plain) == "");
  CHECK(zoo.at_path({"optim", "state", 1, "step"}).as_integer() == 2);
  CHECK(zoo["model"].size() == 9);
  CHECK(zoo["many"][1999].as_integer() == 1999);
}

TEST_CASE("all that Python's torch.save of state dicts emits loads exactly") {
  if (no_python()) return;
  TempDir dir;
  python("write_zoo " + (dir / "zoo.pt").string());
  State zoo = thexp::load_pt(dir / "zoo.pt");
  check_zoo_values(zoo);
  // And Python finds the same in what we write of it, tuples as lists.
  thexp::save_pt(dir / "back.pt", zoo);
  CHECK(first_difference(zoo, thexp::load_pt(dir / "back.pt")) == "");
  python("check_zoo " + (dir / "back.pt").string());
  python("zip_check " + (dir / "back.pt").string());
}

TEST_CASE("Python files that are no state dicts are refused by name") {
  if (no_python()) return;
  TempDir dir;
  python("write_legacy " + (dir / "legacy.pt").string());
  python("write_module " + (dir / "module.pt").string());
  auto error = [&](const std::string& name) {
    return message_of<FormatError>([&] { thexp::load_pt(dir / name); });
  };
  CHECK_CONTAINS(error("legacy.pt"), "legacy.pt: the file format of PyTorch");
  CHECK_CONTAINS(error("module.pt"), "'torch.nn.modules.container.Sequential'");
}

TEST_CASE("an object of Python in a state dict is named and not made") {
  if (no_python()) return;
  TempDir dir;
  python("write_evil " + (dir / "evil.pt").string());
  State evil = thexp::load_pt(dir / "evil.pt");
  REQUIRE(evil.at("a").is_foreign());
  CHECK_CONTAINS(evil.at("a").as_foreign().what, "system'");
  CHECK_FALSE(thexp::fs::exists(dir / "evil.pt.ran"));
}

void check_close(const State& a, const State& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [key, value] : a.as_dict()) {
    INFO(key.to_string());
    CHECK(
        torch::allclose(value.as_tensor(), b.at(key).as_tensor(), 1e-6, 1e-6));
  }
}

TEST_CASE("an optimizer goes to Python, trains on, and comes back") {
  if (no_python()) return;
  TempDir dir;
  for (const std::string& name : thexp_test::optimizer_names()) {
    INFO(name);
    Trained trained(name);
    trained.steps(4);
    State state = trained.state();
    state["x"] = trained.x;
    state["y"] = trained.y;
    state["steps"] = 4;
    thexp::save_pt(dir / "in.pt", state);
    python("train_on " + name + " " + (dir / "in.pt").string() + " " +
           (dir / "out.pt").string());
    trained.steps(4);
    State out = thexp::load_pt(dir / "out.pt");
    check_close(thexp::module_state(*trained.model), out["model"]);

    Trained returned(name, /*other_options=*/true);
    returned.load(out);
    returned.steps(4);
    trained.steps(4);
    check_close(thexp::module_state(*trained.model),
                thexp::module_state(*returned.model));
  }
}

}  // namespace
