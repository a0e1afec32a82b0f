#include "thexp/base/file_kind.h"

#include "catch.h"
#include "temp_dir.h"

namespace {

using namespace std::string_literals;  // for zero bytes
using thexp::file_kind;
using thexp::foreign_to_text;
using thexp_test::TempDir;

const char kPointer[] =
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";

TEST_CASE("a file is called what its first bytes say") {
  CHECK(file_kind(kPointer) ==
        "a Git LFS pointer, not the file itself ('git lfs pull' fetches that)");
  for (const char* page : {"<!DOCTYPE html><p>", "\xEF\xBB\xBF\n <html lang>",
                           "<HTML>", "<head>"}) {
    CHECK(file_kind(page) ==
          "an HTML page, as a server sends it instead of a file: download it "
          "again");
  }
  CHECK_CONTAINS(file_kind("<?xml version='1.0'?><Error>"), "an XML text, as ");
  CHECK(file_kind("\x1f\x8b\x08") == "gzip data: unpack it first");
  CHECK(file_kind("PK\x03\x04") == "a zip archive");
  CHECK(file_kind(std::string(257, '\0') + "ustar\0"s) == "a tar archive");
  CHECK(file_kind("\x40\0\0\0\0\0\0\0{\"a\":"s) == "a safetensors file");
  CHECK(file_kind("\x93NUMPY\x01") == "a NumPy array");
  CHECK(file_kind("\x80\x04\x95") == "a Python pickle");
  CHECK(file_kind("") == "empty");
  CHECK(file_kind("\x01\x02\xff") == "");
}

TEST_CASE("a text of no known kind is quoted") {
  CHECK(file_kind("epoch: 3\nlr: 0.1\n") ==
        "a text file, which begins with 'epoch: 3'");
  CHECK(file_kind("404: Not Found") ==
        "a text file, which begins with '404: Not Found'");
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "\xc3\xa4";
  std::string shown = umlauts.substr(0, 40) + "\xe2\x80\xa6'";
  CHECK(file_kind(umlauts) == "a text file, which begins with '" + shown);
  CHECK(file_kind(umlauts.substr(0, 511)) == file_kind(umlauts));
}

TEST_CASE("what a text may be on purpose is not foreign to it") {
  CHECK(foreign_to_text("<html>") == "");
  CHECK_CONTAINS(thexp::foreign_to_table("<html>"), "an HTML page");
  CHECK(thexp::foreign_to_table("a,b\n1,2\n") == "");
  CHECK(foreign_to_text("a,b\n1,2\n") == "");
  CHECK_CONTAINS(foreign_to_text(kPointer), "a Git LFS pointer");
  CHECK_CONTAINS(foreign_to_text("\x1f\x8b"), "gzip data");
}

TEST_CASE("the kind of a path is that of the file") {
  TempDir dir;
  CHECK(thexp::file_kind_of(dir.path()) == "a folder");
  CHECK(thexp::file_kind_of(dir / "none") == "");
  thexp::write_file_atomic(dir / "a", "<html>" + std::string(10000, ' '));
  CHECK_CONTAINS(thexp::file_kind_of(dir / "a"), "an HTML page");
}

}  // namespace
