#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "byte_source.h"
#include "little_endian.h"
#include "mapped_file.h"
#include "safetensors_header.h"
#include "thexp/base/error.h"
#include "thexp/base/file_kind.h"

namespace thexp {
namespace {

constexpr std::size_t kSizeBytes = 8;  // the header's length, at the start
constexpr std::size_t kMaxDimensions = 64;

struct Known {
  const char* name;
  ElementType type;
};

constexpr Known kKnown[] = {
    {"BOOL", ElementType::kBool},   {"U8", ElementType::kUInt8},
    {"I8", ElementType::kInt8},     {"I16", ElementType::kInt16},
    {"F16", ElementType::kFloat16}, {"BF16", ElementType::kBFloat16},
    {"I32", ElementType::kInt32},   {"F32", ElementType::kFloat32},
    {"F64", ElementType::kFloat64}, {"I64", ElementType::kInt64},
};

std::optional<ElementType> type_of(const std::string& name) {
  for (const Known& known : kKnown) {
    if (name == known.name) return known.type;
  }
  return std::nullopt;
}

class Reader {
 public:
  Reader(std::string_view bytes,
         const std::string& source,
         std::shared_ptr<const void> owner)
      : bytes_(bytes), source_(source), owner_(std::move(owner)) {}

  Safetensors read();

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw FormatError::in_file(source_, problem);
  }
  std::string_view header() const;
  std::string_view data() const {
    return bytes_.substr(kSizeBytes + header().size());
  }
  void require_place(const SafetensorsEntry& entry, uint64_t end) const;
  void require_size(const SafetensorsEntry& entry,
                    const ArchiveTensor& tensor) const;
  ArchiveTensor tensor(const SafetensorsEntry& entry) const;

  std::string_view bytes_;
  const std::string& source_;
  std::shared_ptr<const void> owner_;
};

bool begins_as_header(std::string_view bytes) {
  return bytes.size() > kSizeBytes && bytes[kSizeBytes] == '{';
}

std::string_view Reader::header() const {
  if (bytes_.size() < kSizeBytes + 2) {
    fail(fmt::format("no safetensors file: it has only {} bytes",
                     bytes_.size()));
  }
  uint64_t length = get_little(bytes_.data(), kSizeBytes);
  if (!begins_as_header(bytes_)) {
    refuse_kind(source_, file_kind(bytes_.substr(0, kFileKindBytes)),
                "a safetensors file");
    fail("no safetensors file: its header does not begin with '{'");
  }
  if (length > kMaxSafetensorsHeader) {
    fail(fmt::format("a header of {} bytes; {} are the limit", length,
                     kMaxSafetensorsHeader));
  }
  if (length > bytes_.size() - kSizeBytes) {
    fail(
        fmt::format("its header of {} bytes reaches beyond its end ({} "
                    "bytes): truncated or damaged",
                    length, bytes_.size()));
  }
  return bytes_.substr(kSizeBytes, static_cast<std::size_t>(length));
}

// The tensors lie one behind the other; `end` is where the last one ended.
void Reader::require_place(const SafetensorsEntry& entry, uint64_t end) const {
  if (entry.offsets.size() != 2) {
    fail(fmt::format("'{}' has {} data_offsets, not 2", entry.name,
                     entry.offsets.size()));
  }
  uint64_t room = data().size();
  auto from = static_cast<uint64_t>(entry.offsets[0]);
  auto to = static_cast<uint64_t>(entry.offsets[1]);
  if (from > to || to > room) {
    fail(
        fmt::format("'{}' lies at [{}, {}) in {} bytes of data: truncated or "
                    "damaged",
                    entry.name, from, to, room));
  }
  if (from != end) {
    fail(
        fmt::format("'{}' begins at {}, but the one before it ends at {}: "
                    "they overlap or leave a gap",
                    entry.name, from, end));
  }
}

void Reader::require_size(const SafetensorsEntry& entry,
                          const ArchiveTensor& tensor) const {
  auto item = static_cast<int64_t>(info_of(tensor.type).bytes);
  int64_t bytes = entry.offsets[1] - entry.offsets[0];
  int64_t wanted = item;
  bool over = false;  // also where another size is 0, for the strides' sake
  for (int64_t size : entry.shape) {
    over |= __builtin_mul_overflow(wanted, std::max<int64_t>(size, 1), &wanted);
  }
  bool fits = !over && element_count(tensor) * item == bytes;
  if (!fits) {
    fail(fmt::format("'{}' is {}, yet has {} bytes", entry.name,
                     describe(tensor), bytes));
  }
}

ArchiveTensor Reader::tensor(const SafetensorsEntry& entry) const {
  auto type = type_of(entry.dtype);
  if (!type) {
    fail(
        fmt::format("'{}' has the dtype '{}', which is not read (BOOL, U8, "
                    "I8, I16, I32, I64, F16, BF16, F32, F64 are)",
                    entry.name, entry.dtype));
  }
  if (entry.shape.size() > kMaxDimensions) {
    fail(fmt::format("'{}' has {} dimensions", entry.name, entry.shape.size()));
  }
  ArchiveTensor tensor{*type, entry.shape, {}, 0, nullptr};
  require_size(entry, tensor);
  tensor.strides = contiguous_strides(entry.shape);
  tensor.storage = std::make_shared<ArchiveBytes>(ArchiveBytes{
      data().data() + entry.offsets[0],
      static_cast<std::size_t>(entry.offsets[1] - entry.offsets[0]), owner_});
  return tensor;
}

Safetensors Reader::read() {
  SafetensorsHeader header = parse_safetensors_header(this->header(), source_);
  std::stable_sort(
      header.entries.begin(), header.entries.end(),
      [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
  Safetensors content;
  content.metadata = std::move(header.metadata);
  uint64_t end = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    require_place(entry, end);
    content.tensors.emplace_back(entry.name, tensor(entry));
    end = static_cast<uint64_t>(entry.offsets[1]);
  }
  if (end != data().size()) {
    fail(fmt::format("{} bytes follow the last tensor", data().size() - end));
  }
  return content;
}

}  // namespace

const char* safetensors_name(ElementType type) {
  for (const Known& known : kKnown) {
    if (known.type == type) return known.name;
  }
  return nullptr;
}

const ArchiveTensor* Safetensors::find(std::string_view name) const {
  for (const auto& entry : tensors) {
    if (entry.first == name) return &entry.second;
  }
  return nullptr;
}

bool begins_as_safetensors(const fs::path& path) {
  FileSource file(path);
  std::string start(std::min<uint64_t>(file.size(), kSizeBytes + 1), '\0');
  file.read(0, start.data(), start.size());
  return begins_as_header(start);
}

Safetensors read_safetensors(const fs::path& path) {
  auto file = std::make_shared<MappedFile>(path);
  return Reader(file->bytes(), path.string(), file).read();
}

Safetensors read_safetensors_bytes(std::string_view bytes,
                                   const std::string& source) {
  return Reader(bytes, source, nullptr).read();
}

}  // namespace thexp
