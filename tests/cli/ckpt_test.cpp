#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "catch.h"
#include "thexp/archive/pt_file.h"
#include "thexp/archive/safetensors.h"
#include "thexp/base/value.h"
#include "tool.h"

namespace {

using thexp::ArchiveBytes;
using thexp::ArchiveTensor;
using thexp::ArchiveValue;
using thexp::ElementType;
using thexp::Value;
using thexp_test::Outcome;
using thexp_test::TempDir;
using thexp_test::thexp_tool;
using Dict = ArchiveValue::Dict;
using List = ArchiveValue::List;

template <typename T>
ArchiveTensor tensor_of(ElementType type,
                        std::vector<int64_t> sizes,
                        const std::vector<T>& values) {
  auto owner = std::make_shared<std::vector<T>>(values);
  auto storage = std::make_shared<ArchiveBytes>(
      ArchiveBytes{reinterpret_cast<const char*>(owner->data()),
                   owner->size() * sizeof(T), owner});
  std::vector<int64_t> strides = thexp::contiguous_strides(sizes);
  return {type, std::move(sizes), std::move(strides), 0, storage};
}

ArchiveTensor floats(const std::vector<float>& values) {
  return tensor_of(ElementType::kFloat32, {static_cast<int64_t>(values.size())},
                   values);
}

Dict checkpoint() {
  ArchiveTensor weight =
      tensor_of<float>(ElementType::kFloat32, {2, 2}, {1, 2, 3, 4});
  Dict momentum{{"momentum_buffer", {floats({0.5f, -0.5f})}}};
  Dict optim{{"state", {Dict{{int64_t{0}, {momentum}}}}},
             {"param_groups",
              {List{{Dict{{"lr", {0.1}},
                          {"params", {List{{int64_t{0}}, {int64_t{1}}}}}}}}}}};
  return {{"net", {Dict{{"weight", {weight}}, {"bias", {floats({1, 2})}}}}},
          {"optim", {optim}},
          {"epoch", {int64_t{3}}},
          {"note", {std::string("a \x1b[31m b")}}};
}

// A folder with a.pt, and room for others.
struct Files : TempDir {
  Files() { write("a.pt", checkpoint()); }
  void write(const std::string& name, const Dict& tree) {
    thexp::write_pt(*this / name, {tree});
  }
};

std::string error_of(const TempDir& dir, const std::string& arguments) {
  Outcome outcome = thexp_tool(dir, arguments);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.output == "");
  return outcome.errors;
}

TEST_CASE("ckpt show lists tensors with their checksums, and values") {
  Files files;
  Outcome outcome = thexp_tool(files, "ckpt show a.pt");
  CHECK(outcome.errors == "");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output,
                 "file    a.pt\nformat  pt (Python's torch.save)\nsize    ");
  CHECK_CONTAINS(outcome.output, R"(
tensors
  net.weight                     float32  [2, 2]  16 B  8ba71454
  net.bias                       float32  [2]     8 B   2e3fa576
  optim.state.0.momentum_buffer  float32  [2]     8 B   1d8d5e23

values
  optim.param_groups.0.lr      0.1
  optim.param_groups.0.params  [0,1]
  epoch                        3
  note                         "a \u001b[31m b"

3 tensors, 8 elements, 32 B
)");
}

TEST_CASE("ckpt show cuts what is not made for people; --json does not") {
  Files files;
  const std::string engine(6000, '7');
  files.write("rng.pt", {{"w", {floats({1})}}, {"random", {engine}}});
  std::string shown = thexp_tool(files, "ckpt show rng.pt").output;
  CHECK_CONTAINS(shown, "\n  random  \"7777");
  CHECK_CONTAINS(shown, "777... (6002 characters)\n");
  CHECK(shown.size() < 1000);
  CHECK_CONTAINS(shown, "\n1 tensor, 1 element, 4 B\n");
  Value json =
      Value::from_json(thexp_tool(files, "ckpt show --json rng.pt").output);
  CHECK(json.at("values").as_list()[0].at("value") == Value(engine));
}

TEST_CASE("ckpt show --json gives the same as data") {
  Files files;
  Value json =
      Value::from_json(thexp_tool(files, "ckpt show --json a.pt").output);
  CHECK(json.at("format") == "pt");
  CHECK(json.at("elements") == Value(8));
  CHECK(json.at("tensor_bytes") == Value(32));
  CHECK(json.at("tensors").as_list()[2] ==
        Value(Value::Dict{{"name", "optim.state.0.momentum_buffer"},
                          {"dtype", "float32"},
                          {"shape", Value::List{2}},
                          {"bytes", 8},
                          {"crc32", "1d8d5e23"}}));
  CHECK(json.at("values").as_list()[1] ==
        Value(Value::Dict{{"name", "optim.param_groups.0.params"},
                          {"value", Value::List{0, 1}}}));
}

TEST_CASE("ckpt show gives no checksum of an endless repetition") {
  Files files;
  ArchiveTensor bomb = floats({1});
  bomb.sizes = {1LL << 40};
  bomb.strides = {0};
  files.write("bomb.pt", {{"w", {bomb}}});
  CHECK_CONTAINS(thexp_tool(files, "ckpt show bomb.pt").output,
                 "w  float32  [1099511627776]  4.0 TiB  -\n");
}

// A MiB of numbers under 40 names: as one tensor, or as 40 that overlap.
Dict shared_mebibyte(bool overlapping) {
  std::vector<float> numbers(1 << 18);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<float>(i);
  }
  ArchiveTensor tensor = floats(numbers);
  Dict tree;
  for (int64_t i = 0; i < 40; ++i) {
    if (overlapping) tensor.offset = i;
    tensor.sizes = {(1 << 18) - 40};
    tree.emplace_back(std::to_string(i), ArchiveValue(tensor));
  }
  return tree;
}

TEST_CASE("ckpt show sums each view once, and not without end") {
  Files files;
  files.write("tied.pt", shared_mebibyte(false));
  Outcome outcome = thexp_tool(files, "ckpt show tied.pt");
  CHECK_CONTAINS(outcome.output, "  39  float32  [262104]  1023.8 KiB  ");
  CHECK_FALSE(thexp_test::contains(outcome.output, "-\n"));
  files.write("views.pt", shared_mebibyte(true));
  outcome = thexp_tool(files, "ckpt show views.pt");
  CHECK_FALSE(thexp_test::contains(outcome.output,
                                   "  16  float32  [262104]  "
                                   "1023.8 KiB  -\n"));
  CHECK_CONTAINS(outcome.output, "  17  float32  [262104]  1023.8 KiB  -\n");
}

TEST_CASE("ckpt diff compares each view once, and not without end") {
  Files files;
  files.write("tied.pt", shared_mebibyte(false));
  CHECK(thexp_tool(files, "ckpt diff tied.pt tied.pt").output ==
        "all 40 are equal\n");
  files.write("views.pt", shared_mebibyte(true));
  Outcome outcome = thexp_tool(files, "ckpt diff views.pt views.pt");
  CHECK(outcome.exit_code == 2);
  CHECK_CONTAINS(outcome.errors,
                 "views.pt and views.pt: their tensors share storages, so that "
                 "comparing them takes over 16 times the files' bytes");
}

TEST_CASE("ckpt convert writes tied weights, but not without end") {
  Files files;
  ArchiveTensor weight = floats({1, 2, 3});
  files.write("tied.pt", {{"embed", {weight}}, {"head", {weight}}});
  REQUIRE(thexp_tool(files, "ckpt convert tied.pt t.safetensors").exit_code ==
          0);
  CHECK(thexp_tool(files, "ckpt diff tied.pt t.safetensors").output ==
        "all 2 are equal\n");
  files.write("bomb.pt", shared_mebibyte(false));
  CHECK(error_of(files, "ckpt convert bomb.pt bomb.safetensors") ==
        "thexp: bomb.pt: its tensors share storages, which safetensors cannot: "
        "the file of 1.0 MiB would become one of 40.0 MiB, over 16 times as "
        "large; save each tensor under fewer names\n");
  CHECK_FALSE(thexp::fs::exists(files / "bomb.safetensors"));
}

TEST_CASE("a long key does not make a small file's output long") {
  Files files;
  std::string key(1 << 20, 'k');
  List items(200, ArchiveValue(floats({1})));
  files.write("deep.pt", {{key, {items}}});
  CHECK_CONTAINS(error_of(files, "ckpt show deep.pt"),
                 "thexp: deep.pt: the dotted names of its entries take over ");
  key.resize(300);
  files.write("wide.pt", {{key, {floats({1})}}, {"b", {floats({1})}}});
  CHECK_CONTAINS(thexp_tool(files, "ckpt show wide.pt").output,
                 "\n  b  float32  [1]  4 B  aca16a6a\n");
}

TEST_CASE("ckpt diff of equal files ends with 0, whatever their format") {
  Files files;
  Outcome outcome = thexp_tool(files, "ckpt diff a.pt a.pt");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.output == "all 7 are equal\n");
  files.write("net.pt", {{"net", checkpoint()[0].second}});
  thexp_tool(files, "ckpt convert net.pt net.safetensors");
  CHECK(thexp_tool(files, "ckpt diff net.pt net.safetensors").output ==
        "all 2 are equal\n");
}

TEST_CASE("ckpt diff says what differs, and ends with 1") {
  Files files;
  auto half = [](std::vector<uint16_t> bits) {
    return tensor_of(ElementType::kFloat16, {2}, bits);
  };
  float nan = std::nanf("");
  files.write("x.pt",
              {{"a", {floats({1, 2, 3})}},
               {"shape", {floats({1, 2})}},
               {"type", {floats({1})}},
               {"gone", {true}},
               {"lr", {0.1}},
               {"half", {half({0x3c00, 0x0001})}},
               {"nan", {floats({nan})}},
               {"long", {tensor_of<int64_t>(ElementType::kInt64, {1}, {5})}},
               {"same", {floats({nan, 1})}}});
  files.write(
      "y.pt",
      {{"a", {floats({1, 2.5, 3.25})}},
       {"shape", {tensor_of<float>(ElementType::kFloat32, {2, 1}, {1, 2})}},
       {"type", {tensor_of<int32_t>(ElementType::kInt32, {1}, {1})}},
       {"lr", {0.2}},
       {"half", {half({0xc000, 0x0001})}},
       {"nan", {floats({1})}},
       {"long", {tensor_of<int64_t>(ElementType::kInt64, {1}, {-5})}},
       {"same", {floats({nan, 1})}},
       {"new", {floats({1})}}});
  Outcome outcome = thexp_tool(files, "ckpt diff x.pt y.pt");
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.errors == "");
  CHECK(outcome.output ==
        R"(differs  a  float32 [3]: 2 of 3 elements, by at most 0.5
differs  shape  float32 [2] -> float32 [2, 1]
differs  type  float32 [1] -> int32 [1]
differs  half  float16 [2]: 1 of 2 elements, by at most 3
differs  nan  float32 [1]: 1 of 1 elements, by at most nan
differs  long  int64 [1]: 1 of 1 elements, by at most 10
only in x.pt  gone  true
differs  lr  0.1 -> 0.2
only in y.pt  new  float32 [1]

7 differ, 1 only in x.pt, 1 only in y.pt, 1 equal
)");
}

TEST_CASE("ckpt diff compares bits, of integers too") {
  Files files;
  auto big = [](int64_t value) {
    return tensor_of<int64_t>(ElementType::kInt64, {1}, {value});
  };
  files.write("x.pt", {{"big", {big(1LL << 60)}}, {"zero", {0.0}}});
  files.write("y.pt", {{"big", {big((1LL << 60) + 1)}}, {"zero", {-0.0}}});
  CHECK_CONTAINS(thexp_tool(files, "ckpt diff x.pt y.pt").output,
                 "differs  big  int64 [1]: 1 of 1 elements, by at most 1\n"
                 "differs  zero  0.0 -> -0.0\n");
}

// The length of the header comes first: its lowest bytes may be a pickle's or
// a zip archive's.
TEST_CASE("ckpt knows safetensors by more than the first bytes") {
  Files files;
  auto length_of = [](const std::string& bytes) {
    return static_cast<unsigned char>(bytes[0]) +
           256 * static_cast<unsigned char>(bytes[1]);
  };
  for (int wanted : {0x80, 0x180, 0x4b50}) {
    std::string bytes;
    for (std::size_t name = 1; bytes.empty() || length_of(bytes) < wanted;
         name += 8) {
      bytes = thexp::write_safetensors_bytes(
          {{{std::string(name, 'w'), floats({1})}}, {}});
    }
    REQUIRE(length_of(bytes) == wanted);
    thexp::write_file_atomic(files / "w.safetensors", bytes);
    CHECK_CONTAINS(thexp_tool(files, "ckpt show w.safetensors").output,
                   "1 tensor");
  }
}

TEST_CASE("ckpt lets nothing through that steers a terminal") {
  Files files;
  files.write("x.pt", {{"a\u009b\u202eb", {std::string("c\u2066d")}}});
  CHECK_CONTAINS(thexp_tool(files, "ckpt show x.pt").output,
                 "a\\xc2\\x9b\\xe2\\x80\\xaeb  \"c\\xe2\\x81\\xa6d\"");
}

TEST_CASE("ckpt diff does not mind strides, and ends with 2 on trouble") {
  Files files;
  ArchiveTensor rows =
      tensor_of<float>(ElementType::kFloat32, {2, 2}, {1, 2, 3, 4});
  ArchiveTensor columns =
      tensor_of<float>(ElementType::kFloat32, {2, 2}, {1, 3, 2, 4});
  columns.strides = {1, 2};
  files.write("x.pt", {{"w", {rows}}});
  files.write("y.pt", {{"w", {columns}}});
  CHECK(thexp_tool(files, "ckpt diff x.pt y.pt").exit_code == 0);

  Outcome outcome = thexp_tool(files, "ckpt diff x.pt absent.pt");
  CHECK(outcome.exit_code == 2);
  CHECK_CONTAINS(outcome.errors, "absent.pt");
  files.write("twice.pt", {{"a.b", {true}}, {"a", {Dict{{"b", {rows}}}}}});
  outcome = thexp_tool(files, "ckpt diff x.pt twice.pt");
  CHECK(outcome.exit_code == 2);
  CHECK_CONTAINS(outcome.errors, "twice.pt: two entries are called 'a.b'");
}

TEST_CASE("ckpt convert refuses what safetensors cannot hold, by name") {
  Files files;
  CHECK(error_of(files, "ckpt convert a.pt a.safetensors") ==
        "thexp: a.pt: safetensors holds tensors only, and these are none: "
        "optim.param_groups.0.lr, optim.param_groups.0.params, epoch, note; "
        "with --tensors-only they are left out\n");
  CHECK_FALSE(thexp::fs::exists(files / "a.safetensors"));
  Outcome outcome =
      thexp_tool(files, "ckpt convert a.pt a.safetensors --tensors-only");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, "wrote a.safetensors: 3 tensors, ");
  CHECK_CONTAINS(outcome.output, "left out: optim.param_groups.0.lr, ");
  auto content = thexp::read_safetensors(files / "a.safetensors");
  CHECK(content.tensors.size() == 3);
  CHECK(content.find("optim.state.0.momentum_buffer") != nullptr);
  CHECK(content.metadata == thexp::Safetensors::Metadata{{"format", "pt"}});
}

TEST_CASE("ckpt convert goes back to .pt and says what is left out") {
  Files files;
  thexp::write_safetensors(files / "w.safetensors",
                           {{{"net.w", floats({1, 2})}}, {{"note", "x"}}});
  Outcome outcome = thexp_tool(files, "ckpt convert w.safetensors w.pt");
  CHECK(outcome.exit_code == 0);
  CHECK_CONTAINS(outcome.output, "wrote w.pt: 1 tensor, ");
  CHECK_CONTAINS(outcome.output, "left out: the metadata note=x\n");
  CHECK_CONTAINS(thexp_tool(files, "ckpt show w.pt").output,
                 "net.w  float32  [2]");
}

// The bits of the only tensor, in the order of its elements.
template <typename T>
std::vector<T> bits(const TempDir& dir, const std::string& file) {
  ArchiveValue tree = thexp::read_pt(dir / file);
  const auto* tensor =
      tree.get<Dict>()->at(0).second.template get<ArchiveTensor>();
  std::vector<T> values(
      static_cast<std::size_t>(thexp::element_count(*tensor)));
  std::memcpy(values.data(), tensor->storage->data, values.size() * sizeof(T));
  return values;
}

TEST_CASE("ckpt convert --dtype rounds to nearest even, as PyTorch does") {
  Files files;
  float nan = std::nanf(""), infinity = HUGE_VALF;
  files.write("f.pt", {{"w",
                        {floats({1.0f, -2.5f, 65504.0f, 65519.0f, 0x1p-24f,
                                 0x1p-25f, 0x1.8p-25f, 0x1.002p0f, 0x1.006p0f,
                                 0x1.ffcp-15f, infinity, nan, -0.0f})}}});
  REQUIRE(
      thexp_tool(files, "ckpt convert f.pt h.pt --dtype=float16").exit_code ==
      0);
  CHECK(bits<uint16_t>(files, "h.pt") ==
        std::vector<uint16_t>{0x3c00, 0xc100, 0x7bff, 0x7bff, 0x0001, 0x0000,
                              0x0001, 0x3c00, 0x3c02, 0x0400, 0x7c00, 0x7e00,
                              0x8000});
  REQUIRE(
      thexp_tool(files, "ckpt convert f.pt b.pt --dtype bfloat16").exit_code ==
      0);
  CHECK(bits<uint16_t>(files, "b.pt")[0] == 0x3f80);
  CHECK(bits<uint16_t>(files, "b.pt")[3] == 0x4780);  // 65536
  REQUIRE(
      thexp_tool(files, "ckpt convert h.pt d.pt --dtype=float64").exit_code ==
      0);
  std::vector<double> doubles = bits<double>(files, "d.pt");
  CHECK(doubles[2] == 65504.0);
  CHECK(doubles[4] == 0x1p-24);
  CHECK(std::isnan(doubles[11]));
}

TEST_CASE("ckpt convert --dtype keeps the tree, other types and ties") {
  Files files;
  Outcome outcome = thexp_tool(files, "ckpt convert a.pt h.pt --dtype=float16");
  CHECK(outcome.output.find("wrote h.pt: 3 tensors, ") == 0);
  CHECK_CONTAINS(thexp_tool(files, "ckpt diff a.pt h.pt").output,
                 "\n3 differ, 0 only in a.pt, 0 only in h.pt, 4 equal\n");
  ArchiveTensor weight = floats({1, 2, 3});
  ArchiveTensor count = tensor_of<int64_t>(ElementType::kInt64, {1}, {7});
  files.write("tied.pt",
              {{"a", {weight}}, {"b", {weight}}, {"count", {count}}});
  thexp_tool(files, "ckpt convert tied.pt t.pt --dtype=float64");
  ArchiveValue tree = thexp::read_pt(files / "t.pt");
  const Dict& tied = *tree.get<Dict>();
  CHECK(tied[0].second.get<ArchiveTensor>()->storage ==
        tied[1].second.get<ArchiveTensor>()->storage);
  CHECK(tied[2].second.get<ArchiveTensor>()->type == ElementType::kInt64);

  thexp_tool(files, "ckpt convert tied.pt t.safetensors --dtype=float16");
  outcome = thexp_tool(files,
                       "ckpt convert t.safetensors u.safetensors "
                       "--dtype=float32");
  CHECK(outcome.exit_code == 0);
  CHECK(thexp_tool(files, "ckpt diff tied.pt u.safetensors").output ==
        "all 3 are equal\n");
}

TEST_CASE("ckpt convert --dtype loses nothing in silence") {
  Files files;
  files.write("big.pt", {{"net", {Dict{{"w", {floats({1, 7e4f})}}}}}});
  CHECK(error_of(files, "ckpt convert big.pt h.pt --dtype=float16") ==
        "thexp: 'net.w' has the value 70000, which float16 cannot hold\n");
  CHECK_FALSE(thexp::fs::exists(files / "h.pt"));
  CHECK_CONTAINS(error_of(files, "ckpt convert a.pt b.pt --dtype=int8"),
                 "--dtype=int8: not one of float16, bfloat16, float32");
  files.write("bomb.pt", shared_mebibyte(true));
  CHECK_CONTAINS(error_of(files, "ckpt convert bomb.pt b.pt --dtype=float64"),
                 "would take over 16 times the file");
}

TEST_CASE("ckpt convert refuses unknown suffixes and equal formats") {
  Files files;
  CHECK_CONTAINS(error_of(files, "ckpt convert a.pt a.npz"),
                 "'a.npz' names no format: it must end in .pt");
  CHECK(error_of(files, "ckpt convert a.pt b.pt") ==
        "thexp: a.pt is pt (Python's torch.save) already: nothing to convert "
        "(--dtype changes the type of its numbers)\n");
  files.write(
      "z.pt",
      {{"z", {tensor_of<float>(ElementType::kComplex64, {1}, {1, 2})}}});
  CHECK_CONTAINS(error_of(files, "ckpt convert z.pt z.safetensors"),
                 "'z' cannot be saved as safetensors: the format has no");
}

TEST_CASE("ckpt works on what lies beside foreign objects") {
  if (std::string(THEXP_TEST_PYTHON).empty()) return;
  Files files;
  REQUIRE(std::system((THEXP_TEST_PYTHON " " THEXP_FOREIGN_SCRIPT " " +
                       (files / "f.pt").string())
                          .c_str()) == 0);
  Outcome shown = thexp_tool(files, "ckpt show f.pt");
  CHECK(shown.exit_code == 0);
  CHECK_CONTAINS(shown.output,
                 "  state_dict.weight  float32  [1, 2]  8 B  b42c83d9\n");
  CHECK_CONTAINS(shown.output, R"(
values
  defaults.a  [1]
  complex.0   1
  epoch       3

not loaded, as they are not plain data
  args       the Python object 'argparse.Namespace'
  path       the Python object 'pathlib.PurePosixPath'
)");
  Value json =
      Value::from_json(thexp_tool(files, "ckpt show --json f.pt").output);
  CHECK(json.at("not_loaded").as_list()[4] ==
        Value(Value::Dict{{"name", "bytes"},
                          {"what", "the Python object 'bytes'"}}));

  Outcome same = thexp_tool(files, "ckpt diff f.pt f.pt");
  CHECK(same.exit_code == 0);
  CHECK_CONTAINS(
      same.output,
      "not compared  args  the Python object 'argparse.Namespace'\n");
  CHECK_CONTAINS(same.output, "all 5 are equal, 11 not compared\n");
  files.write("b.pt", {{"args", {int64_t{1}}}});
  CHECK_CONTAINS(thexp_tool(files, "ckpt diff f.pt b.pt").output,
                 "differs  args  the Python object 'argparse.Namespace' -> 1");

  CHECK_CONTAINS(error_of(files, "ckpt convert f.pt f.safetensors"),
                 "epoch, args, path, accuracy, ");
  Outcome converted =
      thexp_tool(files, "ckpt convert --tensors-only f.pt f.safetensors");
  CHECK(converted.exit_code == 0);
  CHECK_CONTAINS(converted.output, "wrote f.safetensors: 2 tensors");
  CHECK_CONTAINS(error_of(files, "ckpt convert f.pt h.pt --dtype=float16"),
                 "f.pt: args was not loaded (the Python object "
                 "'argparse.Namespace'); with --tensors-only all that is no");
  converted = thexp_tool(
      files, "ckpt convert f.pt h.pt --dtype=float16 --tensors-only");
  CHECK_CONTAINS(converted.output, "left out: defaults.a, complex.0, epoch");
}

TEST_CASE("ckpt says what is wrong with a file") {
  Files files;
  auto error = [&](const std::string& bytes) {
    thexp::write_file_atomic(files / "bad.pt", bytes);
    return error_of(files, "ckpt show bad.pt");
  };
  std::string good = thexp::read_file(files / "a.pt");
  const std::string neither =
      "thexp: bad.pt: neither a file of torch.save nor a safetensors file";
  CHECK(error("") == neither + ", but empty\n");
  CHECK(error("hello, world") ==
        neither + ", but a text file, which begins with 'hello, world'\n");
  CHECK_CONTAINS(error("version https://git-lfs.github.com/spec/v1\n"),
                 neither + ", but a Git LFS pointer, not the file itself");
  CHECK(error("\1\2\3") == neither + "\n");
  CHECK_CONTAINS(error(std::string("sys_info\0", 9)), "PyTorch before 1.6");
  CHECK_CONTAINS(error(good.substr(0, good.size() / 2)),
                 "bad.pt: no zip archive, or a truncated one");
  std::string legacy(
      "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
  CHECK_CONTAINS(error(legacy + "."), "PyTorch before 1.6 is not read");
  std::string flipped = good;
  flipped[flipped.find(std::string("\0\0\x80\x40", 4))] ^= 1;  // the 4.0
  CHECK_CONTAINS(error(flipped), "is damaged: its CRC-32 is");
  CHECK_CONTAINS(error_of(files, "ckpt show absent.pt"), "absent.pt");
  CHECK_CONTAINS(error_of(files, "ckpt show ."), "cannot");
}

// The exit code of Python's side.
int python(const std::string& arguments) {
  std::string command = std::string(THEXP_TEST_PYTHON) + " " +
                        THEXP_CKPT_SCRIPT + " " + arguments;
  INFO(command);
  return WEXITSTATUS(::system(command.c_str()));
}

TEST_CASE("a state_dict of Python goes to safetensors and back unchanged") {
  constexpr int kNoTorch = 77;
  TempDir dir;
  std::string file = (dir / "py.pt").string();
  int code = std::string(THEXP_TEST_PYTHON).empty() ? kNoTorch
                                                    : python("write " + file);
  if (code == kNoTorch) {
    WARN("skipped: no python3 with torch");
    return;
  }
  REQUIRE(code == 0);
  CHECK_CONTAINS(thexp_tool(dir, "ckpt show py.pt").output,
                 "1.num_batches_tracked  int64    []");
  REQUIRE(thexp_tool(dir, "ckpt convert py.pt py.safetensors").exit_code == 0);
  REQUIRE(thexp_tool(dir, "ckpt convert py.safetensors b.pt").exit_code == 0);
  CHECK(thexp_tool(dir, "ckpt diff py.pt py.safetensors").output ==
        "all 10 are equal\n");
  CHECK(python("check " + (dir / "b.pt").string()) == 0);
}

TEST_CASE("the tool is free of LibTorch") {
  TempDir dir;
  std::string command = "ldd " THEXP_TOOL " >'" + (dir / "out").string() + "'";
  REQUIRE(::system(command.c_str()) == 0);
  std::string libraries = thexp::read_file(dir / "out");
  CHECK_CONTAINS(libraries, "libc.so");
  for (const char* name : {"libtorch", "libc10", "libcaffe2"}) {
    CHECK_FALSE(thexp_test::contains(libraries, name));
  }
}

}  // namespace
