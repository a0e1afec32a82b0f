#include "thexp/state/pt.h"

#include <ATen/ATen.h>
#include <zlib.h>

#include <cmath>
#include <limits>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"

namespace {

using thexp::State;
using thexp::UsageError;
using thexp_test::message_of;
using thexp_test::TempDir;

State round_trip(const State& state) {
  return thexp::from_pt_bytes(thexp::to_pt_bytes(state));
}

TEST_CASE("plain data of every kind comes back exactly") {
  constexpr auto kMin = std::numeric_limits<int64_t>::min();
  State state = State::Dict{
      {"null", nullptr},
      {"yes", true},
      {"no", false},
      {"integers", State::List{0, 255, 256, 65535, 65536, -1, 2147483647L,
                               2147483648L, -2147483649L, kMin}},
      {"reals", State::List{0.1, -0.0, 1e308, HUGE_VAL, std::nan("")}},
      {"text", State::List{"", "na\xc3\xafve", std::string("a\0b", 3)}},
      {"nested", State::List{State::List{}, State::Dict{},
                             State::Dict{{7, State::Dict{{-1, "x"}}}}}}};
  State back = round_trip(state);
  CHECK(first_difference(state, back) == "");
  CHECK(back.as_dict()[3].first.text() == "integers");
}

TEST_CASE("tensors of every element type come back exactly") {
  State state;
  for (auto type : {at::kByte, at::kChar, at::kShort, at::kInt, at::kLong,
                    at::kHalf, at::kFloat, at::kDouble, at::kComplexFloat,
                    at::kComplexDouble, at::kBool, at::kBFloat16}) {
    at::Tensor values = at::arange(6).view({2, 3}).to(type);
    state[c10::toString(type)] = values;
  }
  CHECK(first_difference(state, round_trip(state)) == "");
}

TEST_CASE("shapes and strides come back") {
  at::Tensor image = at::rand({2, 3, 4, 5});
  State state =
      State::Dict{{"scalar", at::scalar_tensor(2.5)},
                  {"empty", at::empty({0, 3})},
                  {"transposed", at::arange(6).view({2, 3}).t()},
                  {"expanded", at::ones({1, 1}).expand({2, 3})},
                  {"nhwc", image.contiguous(at::MemoryFormat::ChannelsLast)},
                  {"conjugate", at::ones({2}, at::kComplexFloat).conj()}};
  State back = round_trip(state);
  CHECK(first_difference(state, back) == "");
  CHECK(back["transposed"].as_tensor().strides() == at::IntArrayRef({1, 3}));
  CHECK(back["nhwc"].as_tensor().is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_CASE("what shares a storage shares it again, a lone view is compact") {
  at::Tensor large = at::arange(1000, at::kFloat);
  State shared = round_trip(
      State::Dict{{"a", large.slice(0, 0, 4)}, {"b", large.slice(0, 2, 6)}});
  shared["a"].as_tensor()[2] = 99;
  CHECK(shared["b"].as_tensor()[0].item<float>() == 99);

  std::string lone = thexp::to_pt_bytes(State(large.slice(0, 0, 4)));
  CHECK(lone.size() < 1200);
  CHECK(thexp::equal(thexp::from_pt_bytes(lone), large.slice(0, 0, 4)));
}

TEST_CASE("views of one memory as two types are written apart") {
  at::Tensor floats = at::ones({4});
  State state = State::Dict{{"f", floats}, {"i", floats.view(at::kInt)}};
  CHECK(first_difference(state, round_trip(state)) == "");
}

TEST_CASE("equal states make equal bytes") {
  State state = State::Dict{{"w", at::ones({3})}, {"lr", 0.1}};
  CHECK(thexp::to_pt_bytes(state) == thexp::to_pt_bytes(state.clone()));
}

TEST_CASE("a file has the summary's size and CRC-32, and loads back") {
  TempDir dir;
  State state = State::Dict{{"w", at::rand({100})}};
  thexp::PtSummary summary = thexp::save_pt(dir / "a.pt", state);
  std::string bytes = thexp::read_file(dir / "a.pt");
  CHECK(summary.bytes == bytes.size());
  CHECK(summary.crc32 ==
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  CHECK(bytes == thexp::to_pt_bytes(state));
  CHECK(thexp::equal(thexp::load_pt(dir / "a.pt"), state));
}

TEST_CASE("every tensor's bytes lie at a multiple of 64") {
  State state = State::Dict{{"a", at::full({2}, 1.5)}, {"b", at::ones({7})}};
  std::string bytes = thexp::to_pt_bytes(state);
  std::string pattern("\0\0\xc0\x3f\0\0\xc0\x3f", 8);
  CHECK(bytes.find(pattern) % 64 == 0);
}

TEST_CASE("what Python could not load is refused by its path") {
  State sparse =
      State::Dict{{"net", State::Dict{{"w", at::ones({2}).to_sparse()}}}};
  CHECK_CONTAINS(
      message_of<UsageError>([&] { thexp::to_pt_bytes(sparse); }),
      "'net/w' cannot be saved: tensor float32 [2] on cpu with layout Sparse");
  State text = State::Dict{{"a", State::List{"ok", "\xff"}}};
  CHECK(message_of<UsageError>([&] { thexp::to_pt_bytes(text); }) ==
        "'a/1' cannot be saved: its text is not valid UTF-8");
}

TEST_CASE("an absent file and a folder are file errors") {
  TempDir dir;
  CHECK_CONTAINS(
      message_of<thexp::FileError>([&] { thexp::load_pt(dir / "absent.pt"); }),
      "absent.pt");
  CHECK_THROWS_AS(thexp::load_pt(dir.path()), thexp::FileError);
}

}  // namespace
