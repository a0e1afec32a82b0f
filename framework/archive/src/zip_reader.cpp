#include "zip_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "little_endian.h"
#include "thexp/archive/crc32.h"
#include "thexp/base/error.h"
#include "zip_format.h"

namespace thexp {
namespace {

using namespace zip;

constexpr std::size_t kChunk = 1 << 18;  // a checksum then finds it in cache

uint32_t signature_at(const std::string& bytes, std::size_t at) {
  return static_cast<uint32_t>(get_little(bytes.data() + at, 4));
}

}  // namespace

ZipReader::ZipReader(const ByteSource& source) : source_(source) {
  directory_ = find_directory();
  read_directory();
}

void ZipReader::fail(const std::string& problem) const {
  throw FormatError::in_file(source_.name(), problem);
}

ZipReader::Directory ZipReader::find_directory() const {
  uint64_t size = source_.size();
  auto count = static_cast<std::size_t>(
      std::min<uint64_t>(size, kEndBytes + kMaxCommentBytes));
  std::string tail(count, '\0');
  source_.read(size - count, tail.data(), count);
  for (std::size_t at = count; at-- > 0;) {
    if (count - at < kEndBytes || signature_at(tail, at) != kEndSignature) {
      continue;
    }
    const char* end = tail.data() + at;
    if (get_little(end + 20, 2) != count - at - kEndBytes) continue;
    Directory found{get_little(end + 16, 4), get_little(end + 12, 4),
                    get_little(end + 10, 2)};
    uint64_t offset = size - count + at;
    bool zip64 =
        found.start == kMax32 || found.bytes == kMax32 || found.count == kMax16;
    if (zip64) return read_end64(offset);
    if (get_little(end + 4, 4) != 0 || get_little(end + 8, 2) != found.count) {
      fail("a zip archive over several disks");
    }
    // PyTorch has ZIP64 records behind the directory, needed or not.
    if (found.start > offset || found.bytes > offset - found.start) {
      fail("its zip directory is damaged");
    }
    return found;
  }
  fail("no zip archive, or a truncated one: it has no end record");
}

ZipReader::Directory ZipReader::read_end64(uint64_t end) const {
  if (end < kLocator64Bytes + kEnd64Bytes) fail("its zip end is damaged");
  std::string locator(kLocator64Bytes, '\0');
  source_.read(end - kLocator64Bytes, locator.data(), locator.size());
  uint64_t at = get_little(locator.data() + 8, 8);
  if (signature_at(locator, 0) != kLocator64Signature ||
      at != end - kLocator64Bytes - kEnd64Bytes) {
    fail("its zip64 locator is damaged");
  }
  std::string record(kEnd64Bytes, '\0');
  source_.read(at, record.data(), record.size());
  Directory found{get_little(record.data() + 48, 8),
                  get_little(record.data() + 40, 8),
                  get_little(record.data() + 32, 8)};
  if (signature_at(record, 0) != kEnd64Signature || found.start > at ||
      found.bytes != at - found.start) {
    fail("its zip64 directory is damaged");
  }
  return found;
}

void ZipReader::read_directory() {
  std::string table(static_cast<std::size_t>(directory_.bytes), '\0');
  source_.read(directory_.start, table.data(), table.size());
  std::size_t at = 0;
  while (at < table.size()) at = read_entry(table, at);
  if (entries_.size() != directory_.count) {
    fail(fmt::format("its zip directory has {} entries, not {}",
                     entries_.size(), directory_.count));
  }
}

std::size_t ZipReader::read_entry(const std::string& table, std::size_t at) {
  if (table.size() - at < kCentralBytes ||
      signature_at(table, at) != kCentralSignature) {
    fail(fmt::format("its zip directory is damaged at offset {}",
                     directory_.start + at));
  }
  const char* header = table.data() + at;
  std::size_t name_bytes = get_little(header + 28, 2);
  std::size_t extra_bytes = get_little(header + 30, 2);
  std::size_t whole =
      kCentralBytes + name_bytes + extra_bytes + get_little(header + 32, 2);
  if (whole > table.size() - at) fail("its zip directory is cut short");
  Entry entry{table.substr(at + kCentralBytes, name_bytes),
              get_little(header + 20, 4),
              static_cast<uint32_t>(get_little(header + 16, 4)),
              get_little(header + 42, 4)};
  entry.plain = get_little(header + 10, 2) == 0 &&
                (get_little(header + 8, 2) & kEncryptedFlag) == 0 &&
                get_little(header + 24, 4) == entry.bytes;
  has_checksums_ |= entry.crc != 0;
  read_zip64_extra(table.substr(at + kCentralBytes + name_bytes, extra_bytes),
                   entry);
  add(std::move(entry));
  return at + whole;
}

void ZipReader::read_zip64_extra(const std::string& extra, Entry& entry) const {
  std::vector<uint64_t*> wanted;
  uint64_t compressed = 0;
  if (entry.bytes == kMax32) wanted = {&entry.bytes, &compressed};
  if (entry.offset == kMax32) wanted.push_back(&entry.offset);
  if (wanted.empty()) return;
  for (std::size_t at = 0; extra.size() - at >= 4;) {
    std::size_t bytes = get_little(extra.data() + at + 2, 2);
    if (bytes > extra.size() - at - 4) break;
    if (get_little(extra.data() + at, 2) != kZip64Extra) {
      at += 4 + bytes;
      continue;
    }
    if (bytes < 8 * wanted.size()) break;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      *wanted[i] = get_little(extra.data() + at + 4 + 8 * i, 8);
    }
    if (wanted.size() > 1 && compressed != entry.bytes) break;
    return;
  }
  fail(fmt::format("entry '{}' has no valid zip64 sizes", entry.name));
}

void ZipReader::add(Entry entry) {
  // Together they fit before the directory, so that entries which overlap
  // cannot ask for more memory than the file has bytes.
  if (entry.bytes > directory_.start - total_ ||
      entry.offset >= directory_.start) {
    fail(
        fmt::format("entry '{}' ({} bytes at offset {}) does not fit into "
                    "the file: truncated or damaged",
                    entry.name, entry.bytes, entry.offset));
  }
  total_ += entry.bytes;
  if (!index_.emplace(entry.name, entries_.size()).second) {
    fail(fmt::format("two entries are called '{}'", entry.name));
  }
  entries_.push_back(std::move(entry));
}

const ZipReader::Entry* ZipReader::find(const std::string& name) const {
  auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

uint64_t ZipReader::data_offset(const Entry& entry) const {
  if (!entry.plain) {
    fail(fmt::format("entry '{}' is compressed or encrypted", entry.name));
  }
  std::string header(kLocalBytes + entry.name.size(), '\0');
  source_.read(entry.offset, header.data(), header.size());
  uint64_t name_bytes = get_little(header.data() + 26, 2);
  if (signature_at(header, 0) != kLocalSignature ||
      name_bytes != entry.name.size() ||
      header.compare(kLocalBytes, std::string::npos, entry.name) != 0) {
    fail(fmt::format("entry '{}' has a damaged header at offset {}", entry.name,
                     entry.offset));
  }
  uint64_t start =
      entry.offset + header.size() + get_little(header.data() + 28, 2);
  if (start > directory_.start || entry.bytes > directory_.start - start) {
    fail(fmt::format("entry '{}' reaches beyond the entries' part of the file",
                     entry.name));
  }
  return start;
}

void ZipReader::check(const Entry& entry, uint32_t crc) const {
  if (crc == entry.crc || !has_checksums_) return;
  fail(fmt::format(
      "entry '{}' is damaged: its CRC-32 is {:08x}, but {:08x} is recorded",
      entry.name, crc, entry.crc));
}

void ZipReader::read(const Entry& entry, void* to) const {
  uint64_t start = data_offset(entry);
  uint32_t crc = 0;
  for (uint64_t done = 0; done < entry.bytes;) {
    auto count = static_cast<std::size_t>(
        std::min<uint64_t>(kChunk, entry.bytes - done));
    char* part = static_cast<char*>(to) + done;
    source_.read(start + done, part, count);
    crc = crc32_of(part, count, crc);
    done += count;
  }
  check(entry, crc);
}

std::string ZipReader::read(const Entry& entry) const {
  std::string bytes(static_cast<std::size_t>(entry.bytes), '\0');
  read(entry, bytes.data());
  return bytes;
}

void ZipReader::verify(const Entry& entry) const { read(entry); }

}  // namespace thexp
