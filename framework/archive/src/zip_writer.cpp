#include "zip_writer.h"

#include <algorithm>
#include <utility>

#include "little_endian.h"
#include "thexp/archive/crc32.h"

namespace thexp {
namespace {

using namespace zip;

constexpr std::size_t kPiece = 1 << 19;

// The fields that a local and a central header share, version to sizes.
void put_common(std::string& out, bool zip64, uint32_t crc, uint64_t bytes) {
  constexpr uint64_t kFirstDay = 0x21;  // 1980-01-01, as there is no 0
  put_little(out, zip64 ? kVersion64 : kVersion, 2);
  put_little(out, kUtf8Flag | kDescriptorFlag, 2);
  put_little(out, 0, 2);  // stored
  put_little(out, 0, 2);  // time: equal content gives equal files
  put_little(out, kFirstDay, 2);
  put_little(out, crc, 4);
  put_little(out, zip64 ? kMax32 : bytes, 4);
  put_little(out, zip64 ? kMax32 : bytes, 4);
}

std::string zip64_extra(std::initializer_list<uint64_t> numbers) {
  std::string extra;
  put_little(extra, kZip64Extra, 2);
  put_little(extra, 8 * numbers.size(), 2);
  for (uint64_t number : numbers) put_little(extra, number, 8);
  return extra;
}

// An extra field that ends `unpadded` bytes and itself on an aligned offset.
std::string padding_extra(uint64_t unpadded) {
  constexpr uint64_t kHeader = 4;
  uint64_t over = (unpadded + kHeader) % kDataAlignment;
  uint64_t padding = over == 0 ? 0 : kDataAlignment - over;
  std::string extra;
  put_little(extra, kPaddingExtra, 2);
  put_little(extra, padding, 2);
  extra.append(padding, 'Z');
  return extra;
}

}  // namespace

ZipWriter::ZipWriter(Sink sink, uint64_t zip64_from)
    : sink_(std::move(sink)), zip64_from_(zip64_from) {}

void ZipWriter::put(const std::string& header) {
  sink_(header.data(), header.size());
  crc_ = crc32_of(header.data(), header.size(), crc_);
  bytes_ += header.size();
}

void ZipWriter::add(const std::string& name,
                    const void* data,
                    std::size_t bytes) {
  entries_.push_back({name, bytes, 0, bytes_});
  put(local_header(entries_.back()));
  uint32_t crc = stream(static_cast<const char*>(data), bytes);
  entries_.back().crc = crc;
  crc_ = crc32_joined(crc_, crc, bytes);
  bytes_ += bytes;
  put(descriptor(entries_.back()));
}

// A large entry passes through the processor's cache once: each piece is
// still there from its checksum when it is written.
uint32_t ZipWriter::stream(const char* data, std::size_t bytes) {
  uint32_t crc = 0;
  for (std::size_t done = 0; done < bytes;) {
    std::size_t count = std::min(kPiece, bytes - done);
    crc = crc32_of(data + done, count, crc);
    sink_(data + done, count);
    done += count;
  }
  return crc;
}

std::string ZipWriter::descriptor(const Entry& entry) const {
  std::size_t width = is_large(entry.bytes) ? 8 : 4;
  std::string out;
  put_little(out, kDescriptorSignature, 4);
  put_little(out, entry.crc, 4);
  put_little(out, entry.bytes, width);
  put_little(out, entry.bytes, width);
  return out;
}

std::string ZipWriter::local_header(const Entry& entry) const {
  bool zip64 = is_large(entry.bytes);
  std::string extra;
  if (zip64) extra = zip64_extra({entry.bytes, entry.bytes});
  extra += padding_extra(entry.offset + kLocalBytes + entry.name.size() +
                         extra.size());
  std::string out;
  put_little(out, kLocalSignature, 4);
  put_common(out, zip64, entry.crc, entry.bytes);
  put_little(out, entry.name.size(), 2);
  put_little(out, extra.size(), 2);
  return out + entry.name + extra;
}

std::string ZipWriter::central_header(const Entry& entry) const {
  bool large_size = is_large(entry.bytes);
  bool large_offset = is_large(entry.offset);
  std::string extra;
  if (large_size && large_offset) {
    extra = zip64_extra({entry.bytes, entry.bytes, entry.offset});
  } else if (large_size) {
    extra = zip64_extra({entry.bytes, entry.bytes});
  } else if (large_offset) {
    extra = zip64_extra({entry.offset});
  }
  std::string out;
  put_little(out, kCentralSignature, 4);
  put_little(out, kVersion64, 2);  // made by
  put_common(out, large_size, entry.crc, entry.bytes);
  put_little(out, entry.name.size(), 2);
  put_little(out, extra.size(), 2);
  put_little(out, 0, 2);  // comment
  put_little(out, 0, 2);  // disk
  put_little(out, 0, 2);  // internal attributes
  put_little(out, 0, 4);  // external attributes
  put_little(out, large_offset ? kMax32 : entry.offset, 4);
  return out + entry.name + extra;
}

std::string ZipWriter::end_records(uint64_t start, uint64_t size) const {
  uint64_t count = entries_.size();
  bool zip64 = is_large(start) || is_large(size) || count >= kMax16;
  std::string out;
  if (zip64) {
    put_little(out, kEnd64Signature, 4);
    put_little(out, kEnd64Bytes - 12, 8);  // of what follows this number
    put_little(out, kVersion64, 2);
    put_little(out, kVersion64, 2);
    put_little(out, 0, 8);  // disks
    put_little(out, count, 8);
    put_little(out, count, 8);
    put_little(out, size, 8);
    put_little(out, start, 8);
    put_little(out, kLocator64Signature, 4);
    put_little(out, 0, 4);
    put_little(out, start + size, 8);
    put_little(out, 1, 4);  // disks in all
  }
  put_little(out, kEndSignature, 4);
  put_little(out, 0, 4);  // disks
  put_little(out, zip64 ? kMax16 : count, 2);
  put_little(out, zip64 ? kMax16 : count, 2);
  put_little(out, zip64 ? kMax32 : size, 4);
  put_little(out, zip64 ? kMax32 : start, 4);
  put_little(out, 0, 2);  // comment
  return out;
}

void ZipWriter::finish() {
  uint64_t start = bytes_;
  std::string directory;
  for (const Entry& entry : entries_) directory += central_header(entry);
  put(directory);
  put(end_records(start, directory.size()));
}

}  // namespace thexp
