#include <algorithm>
#include <cstdlib>
#include <string>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "zip_reader.h"
#include "zip_writer.h"

namespace {

using thexp::FormatError;
using thexp::MemorySource;
using thexp::ZipReader;
using thexp::ZipWriter;
using thexp_test::message_of;

std::string make(uint64_t zip64_from = thexp::zip::kMax32) {
  std::string out;
  ZipWriter zip(
      [&](const void* data, std::size_t bytes) {
        out.append(static_cast<const char*>(data), bytes);
      },
      zip64_from);
  zip.add("a/one", "first");
  zip.add("a/empty", "");
  zip.add("a/two", std::string(1000, 'x'));
  zip.finish();
  CHECK(zip.bytes() == out.size());
  return out;
}

std::string open_error(const std::string& bytes) {
  return message_of<FormatError>([&] {
    MemorySource source(bytes, "x.zip");
    ZipReader zip(source);
    for (const auto& entry : zip.entries()) zip.verify(entry);
  });
}

void check_content(const std::string& bytes) {
  MemorySource source(bytes, "x.zip");
  ZipReader zip(source);
  REQUIRE(zip.entries().size() == 3);
  CHECK(zip.read(*zip.find("a/one")) == "first");
  CHECK(zip.read(*zip.find("a/empty")) == "");
  CHECK(zip.read(*zip.find("a/two")) == std::string(1000, 'x'));
  CHECK(zip.find("a/three") == nullptr);
  CHECK(bytes.find("first") % 64 == 0);
  CHECK(bytes.find("xxx") % 64 == 0);
}

TEST_CASE("an archive reads back") { check_content(make()); }

TEST_CASE("numbers beyond 32 bits take ZIP64, at any mixture") {
  // The limits make sizes only, offsets only, or all of them large.
  for (uint64_t from : {0, 100, 600, 1000}) {
    INFO("ZIP64 from " << from);
    std::string bytes = make(from);
    CHECK(bytes != make());
    check_content(bytes);
  }
}

TEST_CASE("Python's zip readers take ZIP64 of ours") {
  if (std::string(THEXP_TEST_PYTHON).empty()) {
    WARN("skipped: no python3");
    return;
  }
  thexp_test::TempDir dir;
  for (uint64_t from : {0, 100, 600, 1000}) {
    thexp::write_file_atomic(dir / "a.zip", make(from));
    std::string command = std::string(THEXP_TEST_PYTHON) + " " +
                          THEXP_ARCHIVE_SCRIPT + " zip_check " +
                          (dir / "a.zip").string();
    CHECK(std::system(command.c_str()) == 0);
  }
}

TEST_CASE("an archive with a comment is read, with a wrong one it is not") {
  std::string bytes = make();
  bytes[bytes.size() - 2] = 3;
  check_content(bytes + "abc");
  CHECK_CONTAINS(open_error(bytes + "ab"), "it has no end record");
}

TEST_CASE("two entries of one name, and a wrong count, are errors") {
  std::string bytes = make();
  std::string twice = bytes;
  for (std::size_t at = 0; (at = twice.find("a/two", at)) != std::string::npos;
       ++at) {
    twice.replace(at, 5, "a/one");
  }
  CHECK_CONTAINS(open_error(twice), "two entries are called 'a/one'");
  std::string counted = bytes;
  counted[counted.size() - 12] = 4;  // entries in all
  counted[counted.size() - 14] = 4;  // entries on this disk
  CHECK_CONTAINS(open_error(counted), "has 3 entries, not 4");
}

TEST_CASE("compressed entries are refused by name") {
  std::string bytes = make();
  std::size_t central = bytes.find("PK\x01\x02");
  bytes[central + 10] = 8;  // deflate
  CHECK_CONTAINS(open_error(bytes), "entry 'a/one' is compressed");
}

TEST_CASE("an archive without any checksum is read, with some it is not") {
  // As torch.serialization.set_crc32_options(False) makes it.
  std::string bytes = make();
  std::size_t one = bytes.find("PK\x01\x02");
  std::size_t empty = bytes.find("PK\x01\x02", one + 1);
  std::size_t two = bytes.find("PK\x01\x02", empty + 1);
  bytes.replace(one + 16, 4, 4, '\0');
  CHECK_CONTAINS(open_error(bytes), "entry 'a/one' is damaged");
  bytes.replace(two + 16, 4, 4, '\0');
  check_content(bytes);
}

TEST_CASE("an entry larger than the file is refused before memory is taken") {
  std::string bytes = make();
  std::size_t central = bytes.find("PK\x01\x02");
  for (std::size_t field : {20, 24}) {
    bytes.replace(central + field, 4, "\xf0\xff\xff\x7f");
  }
  CHECK_CONTAINS(open_error(bytes), "does not fit into the file");
}

}  // namespace
