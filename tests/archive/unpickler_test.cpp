#include "unpickler.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "catch.h"
#include "memory_budget.h"
#include "pickle_writer.h"
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

TEST_CASE("a name outside of the list is refused by its name") {
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
  CHECK_CONTAINS(load_error("\x8a\x09"), "an integer of more than 64 bits");
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
                 "'torch.float32' is not plain data and is not loaded");
  CHECK_CONTAINS(load_error("ccollections\nOrderedDict\n."),
                 "a Python function is not plain data");
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
