#include "byte_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>

#include "thexp/base/error.h"
#include "thexp/base/file_kind.h"

namespace thexp::detail {

ByteReader::ByteReader(std::filesystem::path path) : path_(std::move(path)) {
  errno = 0;
  // zlib passes files through that are not gzip.
  file_ = gzopen(path_.c_str(), "rb");
  if (file_ == nullptr) {
    throw FileError::cannot_open(path_.string(), errno != 0 ? errno : ENOMEM);
  }
  gzbuffer(file_, 1 << 17);
}

ByteReader::~ByteReader() { gzclose(file_); }

std::vector<uint8_t> ByteReader::take(uint64_t count, const std::string& what) {
  constexpr uint64_t kChunk = 1 << 20;
  std::vector<uint8_t> bytes;
  while (bytes.size() < count) {
    const uint64_t have = bytes.size();
    bytes.resize(have + std::min(count - have, std::max(have, kChunk)));
    const std::size_t got = read_some(bytes.data() + have, bytes.size() - have);
    bytes.resize(have + got);
    if (got == 0) {
      fail(
          fmt::format("the file is truncated: expected {} bytes of {}, found "
                      "{}",
                      count, what, have));
    }
  }
  return bytes;
}

void ByteReader::expect_end() {
  uint8_t more;
  if (read_some(&more, 1) != 0) {
    --offset_;
    fail("expected the end of the file, found more bytes");
  }
}

std::size_t ByteReader::read_some(uint8_t* out, std::size_t count) {
  constexpr std::size_t kMost = 1 << 30;  // gzread counts in int
  const int got =
      gzread(file_, out, static_cast<unsigned>(std::min(count, kMost)));
  int code = Z_OK;
  const char* message = gzerror(file_, &code);
  if (code == Z_ERRNO) {
    throw FileError::cannot_read(path_.string(), errno);
  }
  // At a truncated end zlib gives the bytes first, and says Z_BUF_ERROR then.
  if (got < 0 || (got == 0 && code != Z_OK && code != Z_STREAM_END)) {
    fail(fmt::format("the compressed data is damaged or truncated: {}",
                     message));
  }
  offset_ += static_cast<uint64_t>(got);
  return static_cast<std::size_t>(got);
}

void ByteReader::refuse_other_kind(const std::string& wanted) const {
  // What is in gzip data was not of that kind either.
  if (gzdirect(file_) != 1) return;
  refuse_kind(path_.string(), file_kind_of(path_), wanted);
}

void ByteReader::fail(const std::string& problem) const {
  throw FormatError::in_file(path_.string(),
                             fmt::format("at offset {}: {}", offset_, problem));
}

}  // namespace thexp::detail
