#include "thexp/archive/pt_file.h"

#include <zlib.h>

#include <memory>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/archive/crc32.h"
#include "thexp/archive/elements.h"
#include "thexp/base/error.h"

namespace {

using thexp::ArchiveBytes;
using thexp::ArchiveStorage;
using thexp::ArchiveTensor;
using thexp::ArchiveValue;
using thexp::ElementType;
using thexp::UsageError;
using thexp_test::message_of;
using thexp_test::TempDir;
using Dict = ArchiveValue::Dict;
using List = ArchiveValue::List;

ArchiveStorage storage_of(const std::string& bytes) {
  auto owner = std::make_shared<std::string>(bytes);
  return std::make_shared<ArchiveBytes>(
      ArchiveBytes{owner->data(), owner->size(), owner});
}

ArchiveTensor bytes_at(const ArchiveStorage& storage,
                       int64_t offset,
                       int64_t size) {
  return {ElementType::kUInt8, {size}, {1}, offset, storage};
}

std::string elements(const ArchiveTensor& tensor) {
  thexp::ElementReader reader(tensor);
  std::string bytes(reader.bytes_left(), '\0');
  reader.read(bytes.data(), bytes.size());
  return bytes;
}

template <typename T>
T item(const ArchiveValue& value, std::size_t index) {
  const T* found = value.get<Dict>()->at(index).second.get<T>();
  REQUIRE(found != nullptr);
  return *found;
}

TEST_CASE("a tree without LibTorch comes back") {
  ArchiveStorage shared = storage_of("abcdef");
  Dict tree{{"tensor", {bytes_at(shared, 1, 3)}},
            {"other", {bytes_at(shared, 2, 4)}},
            {"text", {std::string("na\xc3\xafve")}},
            {"real", {0.1}},
            {int64_t{7}, {true}},
            {"null", {}},
            {"list", {List{{int64_t{-1}}, {Dict{}}}}}};
  ArchiveValue back = thexp::read_pt_bytes(thexp::write_pt_bytes({tree}));
  auto tensor = item<ArchiveTensor>(back, 0);
  auto other = item<ArchiveTensor>(back, 1);
  CHECK(elements(tensor) == "bcd");
  CHECK(elements(other) == "cdef");
  CHECK(tensor.storage == other.storage);
  CHECK(item<std::string>(back, 2) == "na\xc3\xafve");
  CHECK(item<double>(back, 3) == 0.1);
  CHECK(item<bool>(back, 4));
  CHECK(back.get<Dict>()->at(4).first == ArchiveValue::Key(int64_t{7}));
  CHECK(back.get<Dict>()->at(5).second.is_null());
  CHECK(item<List>(back, 6).size() == 2);
}

TEST_CASE("a large storage is written in pieces and comes back whole") {
  TempDir dir;
  std::string large(3'000'001, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>(i * i >> 7);
  }
  auto size = static_cast<int64_t>(large.size());
  thexp::PtSummary summary =
      thexp::write_pt(dir / "a.pt", {bytes_at(storage_of(large), 0, size)});
  std::string file = thexp::read_file(dir / "a.pt");
  CHECK(summary.bytes == file.size());
  CHECK(summary.crc32 ==
        ::crc32_z(0, reinterpret_cast<const Bytef*>(file.data()), file.size()));
  CHECK(elements(*thexp::read_pt(dir / "a.pt").get<ArchiveTensor>()) == large);
}

TEST_CASE("memory for storages comes from the caller") {
  std::string bytes =
      thexp::write_pt_bytes({bytes_at(storage_of("abc"), 0, 3)});
  std::size_t asked = 0;
  auto allocate = [&](std::size_t size) {
    asked += size;
    return thexp::allocate_bytes(size);
  };
  ArchiveValue back = thexp::read_pt_bytes(bytes, "x.pt", allocate);
  CHECK(asked == 3);
  CHECK(elements(*back.get<ArchiveTensor>()) == "abc");
}

TEST_CASE("a tensor beyond its storage, or of another type, is refused") {
  ArchiveStorage shared = storage_of("abcdef");
  auto error = [](const ArchiveTensor& tensor) {
    Dict tree{{"net", {Dict{{"w", {tensor}}}}}};
    return message_of<UsageError>([&] { thexp::write_pt_bytes({tree}); });
  };
  CHECK(error(bytes_at(shared, 4, 3)) ==
        "'net/w' cannot be saved: uint8 [3] reaches beyond its storage's end");
  ArchiveTensor wide{ElementType::kInt16, {3}, {1}, 0, shared};
  List both{{bytes_at(shared, 0, 1)}, {wide}};
  CHECK(message_of<UsageError>([&] { thexp::write_pt_bytes({both}); }) ==
        "'1' cannot be saved: int16 [3] shares its storage with a tensor of "
        "uint8");
}

TEST_CASE("the example of docs/checkpoint-files.md") {
  TempDir dir;
  thexp::fs::path file = dir / "model.pt";
  thexp::write_pt(file, {Dict{{"bias", {bytes_at(storage_of("ab"), 0, 2)}}}});
  std::vector<std::string> seen;
  // [read]
  thexp::ArchiveValue tree = thexp::read_pt(file);
  for (const auto& [key, value] : *tree.get<thexp::ArchiveValue::Dict>()) {
    if (const auto* tensor = value.get<thexp::ArchiveTensor>()) {
      seen.push_back(thexp::key_text(key) + " " + describe(*tensor));
    }
  }
  // [/read]
  CHECK(seen == std::vector<std::string>{"bias uint8 [2]"});
}

TEST_CASE("of a file that is absent the message names those there are") {
  TempDir dir;
  auto message = [&](const char* name) {
    return message_of<thexp::FileError>([&] { thexp::read_pt(dir / name); });
  };
  CHECK(message("epoch-99.pt") == "cannot open for reading '" +
                                      (dir / "epoch-99.pt").string() +
                                      "': No such file or directory (errno 2)");
  for (const char* name : {"epoch-2.pt", "epoch-1.pt", "epoch-1.pt.json"}) {
    thexp::write_file_atomic(dir / name, "");
  }
  CHECK_CONTAINS(message("epoch-99.pt"),
                 "(errno 2); there are: epoch-1.pt, epoch-2.pt");
  for (int i = 10; i < 40; ++i) {
    thexp::write_file_atomic(dir / ("n" + std::to_string(i) + ".pt"), "");
  }
  CHECK_CONTAINS(message("epoch-99.pt"), "n27.pt and 12 more");
}

}  // namespace
