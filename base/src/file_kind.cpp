#include "thexp/base/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/base/utf8.h"

namespace thexp {
namespace {

using namespace std::string_view_literals;  // for zero bytes

struct Kind {
  std::string_view start;
  const char* name;
};

constexpr Kind kPointer = {
    "version https://git-lfs.github.com/spec/",
    "a Git LFS pointer, not the file itself ('git lfs pull' fetches that)"};

constexpr Kind kPacked[] = {
    {"\x1f\x8b", "gzip data: unpack it first"},
    {"BZh", "bzip2 data: unpack it first"},
    {"\xfd"
     "7zXZ\0"sv,
     "xz data: unpack it first"},
    {"\x28\xb5\x2f\xfd", "Zstandard data: unpack it first"},
    {"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
};

constexpr Kind kBinary[] = {
    {"PK\x03\x04", "a zip archive"},
    {"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes it"},
    {"\x93NUMPY", "a NumPy array"},
    {"GGUF", "a GGUF file, as llama.cpp reads it"},
    {"\x80\x02", "a Python pickle"},
    {"\x80\x03", "a Python pickle"},
    {"\x80\x04", "a Python pickle"},
    {"\x80\x05", "a Python pickle"},
    {"\x89PNG", "a PNG image"},
    {"\xff\xd8\xff", "a JPEG image"},
};

constexpr Kind kMarkup[] = {
    {"<!doctype html", "an HTML page"},
    {"<html", "an HTML page"},
    {"<head", "an HTML page"},
    {"<?xml", "an XML text"},
};

template <std::size_t kCount>
std::string find(const Kind (&kinds)[kCount], std::string_view start) {
  for (const Kind& kind : kinds) {
    if (starts_with(start, kind.start)) return kind.name;
  }
  return "";
}

bool is_tar(std::string_view start) {
  constexpr std::size_t kAt = 257;
  return start.size() > kAt && starts_with(start.substr(kAt), "ustar");
}

// A length in eight bytes, then JSON.
bool is_safetensors(std::string_view start) {
  return start.size() > 8 && start[8] == '{' &&
         start.substr(4, 4) == "\0\0\0\0"sv;
}

std::string without_space(std::string_view start) {
  start = start.substr(0, kFileKindBytes);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (starts_with(start, kByteOrderMark)) {
    start.remove_prefix(kByteOrderMark.size());
  }
  return trim(start);
}

std::string markup(std::string_view start) {
  std::string text = without_space(start).substr(0, 16);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  std::string name = find(kMarkup, text);
  if (name.empty()) return "";
  return name + ", as a server sends it instead of a file: download it again";
}

bool is_text(std::string_view start) {
  auto is_control = [](unsigned char c) {
    return c < 0x20 && std::strchr("\t\n\r\f", c) == nullptr;
  };
  // The end may have cut a character.
  std::size_t bad = find_invalid_utf8(std::string(start));
  bool valid = bad == std::string::npos || start.size() - bad < 4;
  return valid && std::none_of(start.begin(), start.end(), is_control);
}

std::string quoted_text(std::string_view start) {
  constexpr std::size_t kShown = 40;
  std::string text = without_space(start);
  std::string line = text.substr(0, text.find_first_of("\r\n"));
  if (line.size() > kShown) {
    std::size_t end = kShown;
    while (end > 0 && (line[end] & 0xC0) == 0x80) --end;  // a whole character
    line = line.substr(0, end) + "…";
  }
  return fmt::format("a text file, which begins with '{}'", line);
}

}  // namespace

std::string foreign_to_text(std::string_view start) {
  if (starts_with(start, kPointer.start)) return kPointer.name;
  std::string packed = find(kPacked, start);
  return packed.empty() ? find(kBinary, start) : packed;
}

std::string foreign_to_table(std::string_view start) {
  std::string kind = foreign_to_text(start);
  return kind.empty() ? markup(start) : kind;
}

std::string file_kind(std::string_view start) {
  if (start.empty()) return "empty";
  std::string kind = foreign_to_table(start);
  if (!kind.empty()) return kind;
  if (is_tar(start)) return "a tar archive";
  if (is_safetensors(start)) return "a safetensors file";
  return is_text(start) ? quoted_text(start) : "";
}

void refuse_kind(const std::string& file,
                 const std::string& kind,
                 const std::string& wanted) {
  if (kind.empty()) return;
  throw FormatError::in_file(file, fmt::format("not {}, but {}", wanted, kind));
}

std::string file_kind_of(const fs::path& path) {
  if (fs::is_directory(path)) return "a folder";
  std::ifstream file(path, std::ios::binary);
  if (!file) return "";
  std::string start(kFileKindBytes, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return file_kind(start);
}

}  // namespace thexp
