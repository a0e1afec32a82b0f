#include "unpickler.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "catch.h"
#include "memory_budget.h"
#include "pickle_writer.h"
#include "temp_dir.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "zip_writer.h"

namespace {

using namespace std::string_literals;  // for zero bytes in pickles
using thexp::ArchiveTensor;
using thexp::ArchiveValue;
using thexp::FormatError;
using thexp_test::message_of;

constexpr const char kStart[] = "\x80\x02";

// A .pt file with this pickle, without its two bytes of protocol, and with 16
// bytes of storage.
std::string archive(const std::string& pickle) {
  std::string out;
  thexp::ZipWriter zip([&](const void* data, std::size_t bytes) {
    out.append(static_cast<const char*>(data), bytes);
  });
  zip.add("a/data.pkl", std::string(kStart, 2) + pickle);
  zip.add("a/data/0", std::string(16, '\0'));
  zip.finish();
  return out;
}

ArchiveValue load(const std::string& pickle) {
  return thexp::read_pt_bytes(archive(pickle), "x.pt");
}

std::string load_error(const std::string& pickle) {
  return message_of<FormatError>([&] { load(pickle); });
}

// The error for a tensor of the storage's 4 floats.
std::string tensor_error(int64_t offset,
                         std::vector<int64_t> sizes,
                         std::vector<int64_t> strides,
                         int64_t elements = 4,
                         const std::string& key = "0") {
  thexp::PickleWriter out;
  out.tensor({key, thexp::ElementType::kFloat32, elements, offset,
              std::move(sizes), std::move(strides)});
  return load_error(out.finish().substr(2));
}

TEST_CASE("a file that is one foreign object is refused by its name") {
  CHECK_CONTAINS(load_error("cos\nsystem\nX\x02\0\0\0ls\x85R."s),
                 "x.pt: a/data.pkl: it holds the Python object 'os.system'");
  CHECK_CONTAINS(load_error("cbuiltins\neval\n."), "'builtins.eval'");
  CHECK_CONTAINS(load_error("ctorch\nload\n."), "'torch.load'");
  CHECK_CONTAINS(load_error("ctorch\ncomplex32\n."), "'torch.complex32'");
  CHECK_CONTAINS(load_error("ctorch\nComplexHalfStorage\n."),
                 "'torch.ComplexHalfStorage'");
}

TEST_CASE("a tensor must lie inside its storage") {
  constexpr auto kHuge = std::numeric_limits<int64_t>::max();
  const std::string beyond = "a tensor reaches beyond the end of its storage";
  CHECK_CONTAINS(tensor_error(0, {5}, {1}), beyond);
  CHECK_CONTAINS(tensor_error(1, {4}, {1}), beyond);
  CHECK_CONTAINS(tensor_error(0, {2, 2}, {3, 1}), beyond);
  CHECK_CONTAINS(tensor_error(kHuge, {1}, {1}), beyond);
  CHECK_CONTAINS(tensor_error(0, {kHuge, kHuge}, {0, 0}), beyond);
  CHECK_CONTAINS(tensor_error(0, {0, kHuge, kHuge}, {1, 1, 1}), beyond);
  CHECK_CONTAINS(tensor_error(0, {2}, {kHuge}), beyond);
  CHECK_CONTAINS(tensor_error(0, {4}, {1}, 5),
                 "entry 'a/data/0' has 16 bytes, too few for 5 elements");
  CHECK_CONTAINS(tensor_error(0, {4}, {1}, kHuge), "too few");
  CHECK_CONTAINS(tensor_error(0, {4}, {1}, 4, "1"),
                 "there is no entry 'a/data/1'");
  const std::string wrong = "arguments that are not torch.save's";
  CHECK_CONTAINS(tensor_error(-1, {1}, {1}), wrong);
  CHECK_CONTAINS(tensor_error(0, {-1}, {1}), wrong);
  CHECK_CONTAINS(tensor_error(0, {1}, {-1}), wrong);
  CHECK_CONTAINS(tensor_error(0, {1, 1}, {1}), wrong);
  CHECK_CONTAINS(
      tensor_error(0, std::vector<int64_t>(65, 1), std::vector<int64_t>(65, 1)),
      wrong);
}

// The pickle of a tensor with one more argument, a dict of marks.
std::string marked(thexp::ElementType type, const std::string& marks) {
  thexp::PickleWriter out;
  out.tensor({"0", type, 2, 0, {2}, {1}});
  std::string pickle = out.finish().substr(2);
  return pickle.insert(pickle.size() - 3, marks);
}

TEST_CASE("marks of PyTorch 2 for lazy conjugation are done at once") {
  const std::string conjugate = "}X\x04\0\0\0conj\x88s"s;
  ArchiveValue value = load(marked(thexp::ElementType::kComplex64, conjugate));
  const auto* tensor = value.get<ArchiveTensor>();
  REQUIRE(tensor != nullptr);
  float parts[4];
  REQUIRE(tensor->storage->size == sizeof parts);
  std::memcpy(parts, tensor->storage->data, sizeof parts);
  CHECK_FALSE(std::signbit(parts[0]));
  CHECK(std::signbit(parts[1]));
  CHECK_FALSE(std::signbit(parts[2]));
  CHECK(std::signbit(parts[3]));
  CHECK_CONTAINS(load_error(marked(thexp::ElementType::kFloat32, conjugate)),
                 "x.pt: a conjugate or negative view float32 [2]");
}

TEST_CASE("marks of PyTorch 2 for lazy negation are done at once") {
  const std::string negative = "}X\x03\0\0\0neg\x88s"s;
  ArchiveValue value = load(marked(thexp::ElementType::kFloat32, negative));
  const auto* tensor = value.get<ArchiveTensor>();
  REQUIRE(tensor != nullptr);
  REQUIRE(tensor->storage->size == 8);
  CHECK(std::string(tensor->storage->data, 8) == "\0\0\0\x80\0\0\0\x80"s);
  CHECK_CONTAINS(load_error(marked(thexp::ElementType::kInt32, negative)),
                 "negative view int32 [2]");
}

TEST_CASE("stack errors are errors") {
  CHECK_CONTAINS(load_error("."), "values are left over");
  CHECK_CONTAINS(load_error("NN."), "values are left over");
  CHECK_CONTAINS(load_error("\x85."), "a value is missing on the stack");
  CHECK_CONTAINS(load_error("t."), "a mark is missing");
  CHECK_CONTAINS(load_error("N(a."), "a value is missing on the stack");
  CHECK_CONTAINS(load_error("NNa."), "items are added to no list");
  CHECK_CONTAINS(load_error("}(Nu."), "entries are added to no dict");
  CHECK_CONTAINS(load_error("hx."), "no memo 120");
  CHECK_CONTAINS(load_error("NN}b."), "attributes are set on something");
  CHECK_CONTAINS(load_error("NNR."),
                 "a call of something that is not a function");
}

TEST_CASE("foreign opcodes, sizes and keys are errors with their offset") {
  CHECK_CONTAINS(load_error("\x95."),
                 "opcode 0x95 is none that plain data needs (at offset 2)");
  CHECK_CONTAINS(load_error("X\xff\xff\xff\x7f."), "the pickle ends too early");
  CHECK_CONTAINS(
      load_error("\x8a\x09" + std::string(9, '\1') + "."),
      "it holds an integer of more than 64 bits, which is not plain");
  CHECK_CONTAINS(load_error("\x8a\x09"), "the pickle ends too early");
  CHECK_CONTAINS(load_error("\x8b\xff\xff\xff\xff."), "ends too early");
  CHECK_CONTAINS(load_error("X\x02\0\0\0\xff.."s),
                 "text that is not valid UTF-8");
  CHECK_CONTAINS(load_error("}NNs."), "a key that is neither text nor integer");
  CHECK_CONTAINS(load_error("}K\x01NsK\x01Ns."), "a key that is there twice");
  CHECK_CONTAINS(load_error("N.N"), "bytes follow the pickle's end");
}

TEST_CASE("deep, cyclic and exploding pickles end in an error") {
  CHECK_CONTAINS(load_error("]" + std::string(100000, '\x85') + "."),
                 "nested too deeply");
  CHECK_CONTAINS(load_error("]q\x01h\x01"
                            "a."),
                 "nested too deeply");
  // Each list holds the one before it eight times: 8^30 items.
  std::string bomb = "(]";
  for (char i = 1; i <= 30; ++i) {
    std::string get = std::string("h") + i;
    bomb += std::string("q") + i + "](" + get + get + get + get + get + get +
            get + get + "e";
  }
  CHECK_CONTAINS(load_error(bomb + "t."), "repeated too often");
}

// The pickle of one tensor of the storage's floats, without its end.
std::string tensor_part(std::vector<int64_t> sizes,
                        std::vector<int64_t> strides) {
  thexp::PickleWriter out;
  out.tensor({"0", thexp::ElementType::kFloat32, 4, 0, std::move(sizes),
              std::move(strides)});
  std::string pickle = out.finish();
  return pickle.substr(2, pickle.size() - 3);
}

// The same with a last argument that marks it as negative.
std::string negative_part(std::vector<int64_t> sizes,
                          std::vector<int64_t> strides) {
  std::string pickle = tensor_part(std::move(sizes), std::move(strides));
  return pickle.insert(pickle.size() - 2, "}X\x03\0\0\0neg\x88s"s);
}

// A pickle with the part, and lists of lists that refer to it fan^levels
// times.
std::string referred(const std::string& part, char levels, int fan) {
  std::string pickle = "(" + part + "q\x01";
  for (char i = 1; i <= levels; ++i) {
    pickle += "]q"s + static_cast<char>(i + 1) + "(";
    for (int k = 0; k < fan; ++k) pickle += "h"s + i;
    pickle += "e";
  }
  return pickle + "t.";
}

TEST_CASE("a tensor's sizes and strides count at each reference") {
  std::vector<int64_t> ones(64, 1);
  CHECK_CONTAINS(load_error(referred(tensor_part(ones, ones), 4, 27)),
                 "the same parts are repeated too often: what it holds would "
                 "take over ");
  CHECK_NOTHROW(load(referred(tensor_part(ones, ones), 2, 27)));
}

TEST_CASE("a marked tensor is computed once for all that refer to it") {
  std::size_t asked = 0;
  auto allocate = [&](std::size_t bytes) {
    asked += bytes;
    return thexp::allocate_bytes(bytes);
  };
  ArchiveValue value = thexp::read_pt_bytes(
      archive(referred(negative_part({4}, {1}), 3, 16)), "x.pt", allocate);
  CHECK(asked == 16 + 16);
  const auto& parts = *value.get<ArchiveValue::List>();
  const auto& first = *parts[1].get<ArchiveValue::List>();
  CHECK(first[0].get<ArchiveTensor>()->storage ==
        first[15].get<ArchiveTensor>()->storage);
}

TEST_CASE("what marked tensors take together is bounded by the file") {
  std::string half_mebibyte = negative_part({1 << 17}, {0});
  CHECK_NOTHROW(load("(" + half_mebibyte + half_mebibyte + "t."));
  CHECK_CONTAINS(
      load_error("(" + half_mebibyte + half_mebibyte + half_mebibyte + "t."),
      "x.pt: its conjugate and negative views take over ");
}

TEST_CASE("a call pays for what it copies out of the memo") {
  std::string pickle =
      std::string(kStart, 2) + "(" + tensor_part({4}, {1}) + "t.";
  auto load_with = [&](uint64_t memory) {
    thexp::MemoryBudget budget(memory, 0, 0);
    thexp::unpickle(pickle, "x", budget);
  };
  CHECK_NOTHROW(load_with(1000));
  CHECK_CONTAINS(message_of<FormatError>([&] { load_with(100); }),
                 "repeated too often");
}

int64_t integer(const std::string& pickle) {
  return *load(pickle).get<int64_t>();
}

TEST_CASE("a Counter becomes a dict, and a set a list") {
  const std::string counter = "ccollections\nCounter\n";
  ArchiveValue milestones = load(counter + "}K\x1eK\x01s\x85R.");
  const auto& entries = *milestones.get<ArchiveValue::Dict>();
  REQUIRE(entries.size() == 1);
  CHECK(thexp::key_text(entries[0].first) == "30");
  CHECK(*entries[0].second.get<int64_t>() == 1);
  CHECK_CONTAINS(load_error(counter + "N\x85R."), "made of no dict");
  const std::string set = "c__builtin__\nset\n";
  ArchiveValue some = load(set +
                           "]K\x05"
                           "a\x85R.");
  CHECK(*some.get<ArchiveValue::List>()->at(0).get<int64_t>() == 5);
  CHECK_CONTAINS(load_error(set + "N\x85R."), "made of no list");
}

TEST_CASE("a part of a tensor that stands alone is refused by name") {
  CHECK_CONTAINS(load_error("ctorch\nfloat32\n."),
                 "'torch.float32', which is not plain data and is not loaded");
  CHECK_CONTAINS(load_error("ccollections\nOrderedDict\n."),
                 "the Python object 'collections.OrderedDict'");
  CHECK_CONTAINS(load_error("ctorch\nFloatStorage\n."), "'torch.FloatStorage'");
}

// What stands under the key "a" of the only dict.
const ArchiveValue& below_a(const ArchiveValue& value) {
  const auto* dict = value.get<ArchiveValue::Dict>();
  REQUIRE(dict != nullptr);
  REQUIRE(thexp::key_text(dict->at(0).first) == "a");
  return dict->at(0).second;
}

// The foreign object in {"a": [<pickle>]}.
thexp::ForeignObject foreign(const std::string& pickle) {
  ArchiveValue value = load("}X\x01\0\0\0a]"s + pickle + "as.");
  const auto* list = below_a(value).get<ArchiveValue::List>();
  REQUIRE(list != nullptr);
  REQUIRE(list->size() == 1);
  const auto* found = list->at(0).foreign();
  REQUIRE(found != nullptr);
  return *found;
}

TEST_CASE("a foreign object says what it is and where, and is not made") {
  thexp::ForeignObject object = foreign("cos\nsystem\nX\x02\0\0\0ls\x85R"s);
  CHECK(object.what == "the Python object 'os.system'");
  CHECK(object.path == "a/0");
  CHECK(object.message() ==
        "'a/0' is the Python object 'os.system', which is not plain data and "
        "was not loaded");
  // With NEWOBJ, items, and attributes.
  CHECK(foreign("ca\nB\n)\x81}b").what == "the Python object 'a.B'");
  CHECK(foreign("ca\nB\n)\x81(K\x01K\x02u(K\x01"
                "e")
            .what == "the Python object 'a.B'");
  CHECK(foreign("c_codecs\nencode\n)R").what == "the Python object 'bytes'");
  CHECK(foreign("c__builtin__\ncomplex\n)R").what ==
        "the Python object 'complex'");
  CHECK(foreign("}NNs").what ==
        "a dict with a key that is neither text nor integer");
  CHECK(foreign("N0(NN1\x8a\x09" + std::string(9, '\1')).what ==
        "an integer of more than 64 bits");
}

TEST_CASE("what is made of a foreign object is foreign itself") {
  std::string storage =
      "(X\x07\0\0\0storagectorch\nComplexHalfStorage\n"
      "X\x01\0\0\0"
      "0X\x03\0\0\0cpuK\x02tQ"s;
  std::string tensor = "ctorch._utils\n_rebuild_tensor_v2\n(" + storage +
                       "K\0K\x02\x85K\x01\x85\x89}tR"s;
  CHECK(foreign(tensor).what == "the Python object 'torch.ComplexHalfStorage'");
  CHECK(foreign("ctorch._utils\n_rebuild_parameter\n(" + tensor + "\x89}tR")
            .what == "the Python object 'torch.ComplexHalfStorage'");
  CHECK_CONTAINS(load_error("ctorch._utils\n_rebuild_parameter\n(N\x89}tR."),
                 "a Parameter that holds no tensor");
}

TEST_CASE("a foreign object pays for its name and its path at each place") {
  std::string module(500, 'm');
  std::string name = "c" + module + "\nB\nq\x01";
  auto load_with = [&](uint64_t memory) {
    std::string pickle =
        std::string(kStart, 2) + "(" + name + ")R" + "h\x01)Rt.";
    thexp::MemoryBudget budget(memory, 0, 0);
    thexp::unpickle(pickle, "x", budget);
  };
  CHECK_NOTHROW(load_with(1100));
  CHECK_CONTAINS(message_of<FormatError>([&] { load_with(1000); }),
                 "repeated too often");
  CHECK_CONTAINS(load_error(referred(name.substr(0, name.size() - 2), 6, 26)),
                 "repeated too often");
}

TEST_CASE("a defaultdict is a dict") {
  ArchiveValue value = load(
      "ccollections\ndefaultdict\nc__builtin__\nlist\n"
      "\x85RX\x01\0\0\0aK\x07s."s);
  CHECK(*below_a(value).get<int64_t>() == 7);
}

TEST_CASE("objects of Python do not make a file unusable") {
  if (std::string(THEXP_TEST_PYTHON).empty()) return;
  thexp_test::TempDir dir;
  std::string file = (dir / "a.pt").string();
  REQUIRE(
      std::system(std::string(THEXP_TEST_PYTHON " " THEXP_FOREIGN_SCRIPT " ")
                      .append(file)
                      .c_str()) == 0);
  ArchiveValue tree = thexp::read_pt(file);
  std::vector<std::string> foreign;
  for (const auto& [key, value] : *tree.get<ArchiveValue::Dict>()) {
    const auto* object = value.foreign();
    if (object == nullptr) continue;
    CHECK(object->path == thexp::key_text(key));
    foreign.push_back(object->what);
  }
  CHECK(foreign == std::vector<std::string>{
                       "the Python object 'argparse.Namespace'",
                       "the Python object 'pathlib.PurePosixPath'",
                       "the Python object 'numpy.core.multiarray.scalar'",
                       "the Python object 'torch.float32'",
                       "the Python object 'bytes'",
                       "an integer of more than 64 bits",
                       "an integer of more than 64 bits",
                       "a dict with a key that is neither text nor integer",
                       "the Python object 'omegaconf.DictConfig'",
                       "text that is not valid UTF-8"});
  CHECK(message_of<thexp::UsageError>([&] { thexp::write_pt_bytes(tree); }) ==
        "'args' cannot be saved: the Python object 'argparse.Namespace' was "
        "not loaded");
}

TEST_CASE("a file of another kind is called what it is") {
  auto error = [](const std::string& bytes) {
    return message_of<FormatError>(
        [&] { thexp::read_pt_bytes(bytes, "x.pt"); });
  };
  CHECK(error("<!DOCTYPE html>") ==
        "x.pt: not a file of torch.save, but an HTML page, as a server sends "
        "it instead of a file: download it again");
  CHECK_CONTAINS(error("version https://git-lfs.github.com/spec/v1\noid"),
                 "x.pt: not a file of torch.save, but a Git LFS pointer");
  CHECK(error("") == "x.pt: not a file of torch.save, but empty");
  CHECK(error("lr: 0.1\n") ==
        "x.pt: not a file of torch.save, but a text file, which begins with "
        "'lr: 0.1'");
  CHECK_CONTAINS(error("sys_info\0"s + std::string(503, '\0')),
                 "PyTorch before 1.6 is not read");
  std::string out;
  thexp::ZipWriter zip([&](const void* data, std::size_t bytes) {
    out.append(static_cast<const char*>(data), bytes);
  });
  for (char i = '1'; i <= '7'; ++i) zip.add("a"s + i, "");
  zip.finish();
  CHECK(error(out) ==
        "x.pt: a zip archive without a data.pkl is not a file of torch.save; "
        "it holds a1, a2, a3, a4, a5, and 2 more");
}

TEST_CASE("a TorchScript archive is named as one, though it is compressed") {
  std::string out;
  thexp::ZipWriter zip([&](const void* data, std::size_t bytes) {
    out.append(static_cast<const char*>(data), bytes);
  });
  zip.add("net/data.pkl", "c__torch__\nModule\n.");
  zip.add("net/code/module.py", "def forward");
  zip.add("net/constants.pkl", ".");
  zip.finish();
  out[out.find("PK\x01\x02", out.find("PK\x01\x02") + 1) + 10] = 8;  // deflate
  CHECK_CONTAINS(
      message_of<FormatError>([&] { thexp::read_pt_bytes(out, "net.pt"); }),
      "net.pt: a TorchScript archive, as torch.jit.save and LibTorch's "
      "torch::save write it, is not read");
}

TEST_CASE("integers of every width are read") {
  CHECK(integer("\x8a\0."s) == 0);
  CHECK(integer("\x8a\x01\xff.") == -1);
  CHECK(integer("J\xff\xff\xff\xff.") == -1);
  CHECK(integer("M\xff\xff.") == 65535);
}

}  // namespace
