#include "thexp/archive/safetensors.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/archive/elements.h"
#include "thexp/base/error.h"

namespace {

using thexp::ArchiveBytes;
using thexp::ArchiveTensor;
using thexp::ElementType;
using thexp::FormatError;
using thexp::Safetensors;
using thexp::UsageError;
using thexp_test::message_of;
using thexp_test::TempDir;

// A file's bytes: the header's length, the header, the data.
std::string file_of(const std::string& header, const std::string& data) {
  uint64_t size = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &size, 8);
  return out + header + data;
}

std::string one(const std::string& fields, const std::string& data) {
  return file_of(R"({"w":{)" + fields + "}}", data);
}

Safetensors read(const std::string& bytes) {
  return thexp::read_safetensors_bytes(bytes, "x.st");
}

std::string read_error(const std::string& bytes) {
  return message_of<FormatError>([&] { read(bytes); });
}

// Row-major elements of a tensor, as bytes.
std::string elements(const ArchiveTensor& tensor) {
  thexp::ElementReader reader(tensor);
  std::string bytes(reader.bytes_left(), '\0');
  reader.read(bytes.data(), bytes.size());
  return bytes;
}

ArchiveTensor tensor_of(ElementType type,
                        std::vector<int64_t> sizes,
                        std::shared_ptr<std::string> bytes) {
  std::vector<int64_t> strides = thexp::contiguous_strides(sizes);
  auto storage = std::make_shared<ArchiveBytes>(
      ArchiveBytes{bytes->data(), bytes->size(), bytes});
  return {type, std::move(sizes), std::move(strides), 0, storage};
}

ArchiveTensor text_tensor(const std::string& text) {
  return tensor_of(ElementType::kUInt8, {static_cast<int64_t>(text.size())},
                   std::make_shared<std::string>(text));
}

void python(const std::string& arguments) {
  std::string command = std::string(THEXP_TEST_PYTHON) + " " +
                        THEXP_ARCHIVE_SCRIPT + " " + arguments;
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

bool no_python() {
  if (!std::string(THEXP_TEST_PYTHON).empty()) return false;
  WARN("skipped: no python3");
  return true;
}

TEST_CASE("a safetensors file that another program made is read") {
  if (no_python()) return;
  TempDir dir;
  python("write_safetensors " + (dir / "a.safetensors").string());
  Safetensors content = thexp::read_safetensors(dir / "a.safetensors");
  REQUIRE(content.tensors.size() == 12);
  CHECK(content.metadata ==
        Safetensors::Metadata{{"format", "pt"}, {"note", "na\xc3\xafve"}});
  const ArchiveTensor& weight = *content.find("net.weight");
  CHECK(describe(weight) == "float32 [2, 3]");
  float values[6];
  std::memcpy(values, elements(weight).data(), sizeof values);
  CHECK(values[0] == 0.0f);
  CHECK(values[5] == 2.5f);
  CHECK(describe(*content.find("scalar")) == "float64 []");
  CHECK(describe(*content.find("empty")) == "float32 [0, 3]");
  CHECK(elements(*content.find("int64")) ==
        std::string("\xfe\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\1\0\0", 16));
  CHECK(content.find("bfloat16")->type == ElementType::kBFloat16);
  CHECK(content.find("absent") == nullptr);
}

TEST_CASE("what is written is what another program reads") {
  if (no_python()) return;
  TempDir dir;
  python("write_safetensors " + (dir / "a.safetensors").string());
  Safetensors content = thexp::read_safetensors(dir / "a.safetensors");
  std::reverse(content.tensors.begin(), content.tensors.end());
  thexp::write_safetensors(dir / "b.safetensors", content);
  python("check_safetensors " + (dir / "b.safetensors").string());
}

TEST_CASE("wide elements come first, then names, and all are aligned") {
  Safetensors content;
  content.tensors = {{"b", text_tensor("b")},
                     {"wide", tensor_of(ElementType::kInt64, {1},
                                        std::make_shared<std::string>(8, 'w'))},
                     {"a", text_tensor("aa")}};
  std::string bytes = thexp::write_safetensors_bytes(content);
  CHECK(bytes.substr(bytes.size() - 11) == "wwwwwwwwaab");
  CHECK((bytes.size() - 11) % 8 == 0);
  Safetensors back = read(bytes);
  CHECK(back.tensors[0].first == "wide");
  CHECK(elements(*back.find("b")) == "b");
}

TEST_CASE("a transposed tensor and a part of one are written in row order") {
  ArchiveTensor whole = text_tensor("abcdef");
  ArchiveTensor part = whole;
  part.sizes = {2};
  part.offset = 3;
  ArchiveTensor transposed = whole;
  transposed.sizes = {3, 2};
  transposed.strides = {1, 3};
  ArchiveTensor repeated = whole;
  repeated.sizes = {2, 2};
  repeated.strides = {0, 1};
  Safetensors content;
  content.tensors = {{"1", part}, {"2", transposed}, {"3", repeated}};
  std::string bytes = thexp::write_safetensors_bytes(content);
  CHECK(bytes.substr(bytes.size() - 12) == "deadbecfabab");
}

TEST_CASE("what the format cannot hold is refused by its name") {
  auto refused = [](const std::string& name, const ArchiveTensor& tensor) {
    Safetensors content;
    content.tensors = {{"ok", text_tensor("x")}, {name, tensor}};
    return message_of<UsageError>(
        [&] { thexp::write_safetensors_bytes(content); });
  };
  ArchiveTensor complex = tensor_of(ElementType::kComplex64, {1},
                                    std::make_shared<std::string>(8, '\0'));
  CHECK(refused("z", complex) ==
        "'z' cannot be saved as safetensors: the format has no complex64");
  CHECK_CONTAINS(refused("__metadata__", text_tensor("x")), "reserved");
  CHECK_CONTAINS(refused("ok", text_tensor("x")), "'ok' cannot be saved");
  CHECK_CONTAINS(refused("\xff", text_tensor("x")), "not valid UTF-8");
  ArchiveTensor beyond = text_tensor("abc");
  beyond.offset = 1;
  CHECK_CONTAINS(refused("b", beyond), "reaches beyond its storage's end");
  ArchiveTensor bomb = text_tensor("abc");
  bomb.sizes = {1LL << 40, 3};
  bomb.strides = {0, 1};
  CHECK_CONTAINS(refused("b", bomb), "repeats its elements too often");
}

TEST_CASE("a file that is too short or no safetensors is refused") {
  CHECK_CONTAINS(read_error(""), "x.st: no safetensors file: it has only 0");
  CHECK_CONTAINS(read_error("PK\x03\x04 something else"),
                 "x.st: not a safetensors file, but a zip archive");
  CHECK_CONTAINS(read_error("\x01\x02\x03 something else"),
                 "its header does not begin with '{'");
  CHECK_CONTAINS(read_error("<html><body>Not found"),
                 "x.st: not a safetensors file, but an HTML page");
  std::string bytes =
      one(R"("dtype":"U8","shape":[4],"data_offsets":[0,4])", "abcd");
  CHECK(elements(*read(bytes).find("w")) == "abcd");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO("truncated to " << size);
    CHECK_CONTAINS(read_error(bytes.substr(0, size)), "x.st: ");
  }
  CHECK_CONTAINS(read_error(bytes + "e"), "1 bytes follow the last tensor");
  std::string huge = bytes;
  huge.replace(0, 8, std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8));
  CHECK_CONTAINS(read_error(huge), "100000000 are the limit");
}

TEST_CASE("a wrong place in the file is refused with the tensor's name") {
  auto two = [](const std::string& a, const std::string& b) {
    return file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + a +
                       R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" +
                       b + "}}",
                   "abcd");
  };
  CHECK(elements(*read(two("[2,4]", "[0,2]")).find("a")) == "cd");
  CHECK_CONTAINS(read_error(two("[0,2]", "[1,3]")), "'b' begins at 1, but");
  CHECK_CONTAINS(read_error(two("[0,2]", "[3,5]")), "'b' lies at [3, 5) in 4");
  CHECK_CONTAINS(read_error(two("[0,1]", "[2,4]")), "'a' is uint8 [2], yet");
  CHECK_CONTAINS(read_error(two("[2,0]", "[2,4]")), "'a' lies at [2, 0)");
  CHECK_CONTAINS(read_error(two("[0]", "[2,4]")), "'a' has 1 data_offsets");
}

TEST_CASE("a wrong shape or type is refused with the tensor's name") {
  auto error = [](const std::string& dtype, const std::string& shape) {
    return read_error(one("\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
                              ",\"data_offsets\":[0,4]",
                          "abcd"));
  };
  CHECK_CONTAINS(error("F32", "[2]"), "'w' is float32 [2], yet has 4 bytes");
  CHECK_CONTAINS(error("F32", "[0]"), "yet has 4 bytes");
  CHECK_CONTAINS(error("U8", "[4294967296,4294967296]"), "yet has 4 bytes");
  CHECK_CONTAINS(error("U8", "[0,4294967296,4294967296]"), "yet has 4 bytes");
  CHECK_CONTAINS(error("F8_E4M3", "[4]"), "the dtype 'F8_E4M3'");
  CHECK_CONTAINS(error("U8", "[-4]"), "a negative integer in 'w' in shape");
  CHECK_CONTAINS(error("U8", "[4.0]"), "a real in 'w' in shape");
  CHECK_CONTAINS(error("U8", "[9223372036854775808]"), "of over 63 bits");
  CHECK_CONTAINS(error("U8", "4"), "an integer in 'w' as shape");
  CHECK_CONTAINS(error("U8", "[[4]]"), "a list in 'w' in shape");
}

TEST_CASE("a header is read strictly") {
  auto error = [](const std::string& header) {
    return read_error(file_of(header, ""));
  };
  const std::string w =
      R"("w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  CHECK(read(file_of("{" + w + "}  ", "")).tensors.size() == 1);
  CHECK(read(file_of("{}", "")).tensors.empty());
  CHECK_CONTAINS(error("{" + w + "," + w + "}"), "the key 'w' is there twice");
  CHECK_CONTAINS(error(R"({"w":{"dtype":"U8","dtype":"U8"}})"),
                 "'w' has 'dtype' twice");
  CHECK_CONTAINS(error(R"({"w":{"dtype":"U8","size":1}})"),
                 "'w' has an unknown key 'size'");
  CHECK_CONTAINS(error(R"({"w":{"dtype":"U8","shape":[0]}})"),
                 "'w' needs dtype, shape and data_offsets");
  CHECK_CONTAINS(error(R"({"w":null})"), "null in 'w' does not fit");
  CHECK_CONTAINS(error(R"({"w":{"dtype":3}})"), "an integer in 'w' as dtype");
  CHECK_CONTAINS(error(R"({"__metadata__":{"a":1}})"), "an integer in 'a'");
  CHECK_CONTAINS(error(R"({"__metadata__":{"a":"b","a":"c"}})"),
                 "the key 'a' is there twice");
  CHECK_CONTAINS(error("{" + w + ",}"), "malformed JSON");
  CHECK_CONTAINS(error("{" + w + "} x"), "malformed JSON");
  CHECK_CONTAINS(error("{\"\xff\":1}"), "malformed JSON");
  CHECK_CONTAINS(error(std::string(100000, '{')), "malformed JSON");
}

TEST_CASE("tensors outlive the content that they were read with") {
  TempDir dir;
  Safetensors content;
  content.tensors = {{"w", text_tensor("abcd")}};
  thexp::write_safetensors(dir / "a.safetensors", content);
  ArchiveTensor tensor =
      *thexp::read_safetensors(dir / "a.safetensors").find("w");
  CHECK(elements(tensor) == "abcd");
  CHECK_THROWS_AS(thexp::read_safetensors(dir / "absent"), thexp::FileError);
  CHECK_THROWS_AS(thexp::read_safetensors(dir.path()), thexp::FileError);
}

}  // namespace
