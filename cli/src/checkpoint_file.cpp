#include "checkpoint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "thexp/base/file_kind.h"
#include "thexp/base/text.h"
#include "thexp/base/utf8.h"

namespace thexp::cli {
namespace {

// Whether it is one value for a person: no tensor, no dict, nothing foreign.
bool is_plain(const ArchiveValue& value) {
  bool is_plain_type =
      value.get<ArchiveTensor>() == nullptr && value.foreign() == nullptr;
  if (!is_plain_type) return false;
  if (const auto* dict = value.get<ArchiveValue::Dict>()) return dict->empty();
  const auto* list = value.get<ArchiveValue::List>();
  if (list == nullptr) return true;
  for (const ArchiveValue& item : *list) {
    if (!is_plain(item)) return false;
  }
  return true;
}

Value plain_value(const ArchiveValue& value) {
  if (const auto* flag = value.get<bool>()) return *flag;
  if (const auto* integer = value.get<int64_t>()) return *integer;
  if (const auto* real = value.get<double>()) return *real;
  if (const auto* text = value.get<std::string>()) return *text;
  if (value.get<ArchiveValue::Dict>() != nullptr) return Value::Dict{};
  const auto* list = value.get<ArchiveValue::List>();
  if (list == nullptr) return {};
  Value::List items;
  for (const ArchiveValue& item : *list) items.push_back(plain_value(item));
  return items;
}

// Fills a file's lists from a tree.
class Flattener {
 public:
  explicit Flattener(CheckpointFile& file)
      : file_(file), room_(kFree + kTimes * file.bytes) {}

  void add(const ArchiveValue& value, const std::string& name);

 private:
  // For all names together: each repeats the keys above it, which may be long.
  static constexpr uint64_t kFree = uint64_t{64} << 20;
  static constexpr uint64_t kTimes = 16;

  std::string below(const std::string& path, const std::string& key);

  CheckpointFile& file_;
  uint64_t room_;
};

std::string Flattener::below(const std::string& path, const std::string& key) {
  uint64_t bytes = path.size() + 1 + key.size();
  if (bytes > room_) {
    throw FormatError::in_file(
        file_.path,
        fmt::format("the dotted names of its entries take over {} bytes, the "
                    "most for a file of {}: its keys are too long",
                    kFree + kTimes * file_.bytes, file_.bytes));
  }
  room_ -= bytes;
  return path.empty() ? key : path + "." + key;
}

void Flattener::add(const ArchiveValue& value, const std::string& name) {
  if (is_plain(value)) {
    file_.values.emplace_back(name, plain_value(value));
  } else if (const auto* tensor = value.get<ArchiveTensor>()) {
    file_.tensors.emplace_back(name, *tensor);
  } else if (const auto* foreign = value.foreign()) {
    file_.not_loaded.emplace_back(name, foreign->what);
  } else if (const auto* list = value.get<ArchiveValue::List>()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      add((*list)[i], below(name, std::to_string(i)));
    }
  } else {
    for (const auto& [key, item] : *value.get<ArchiveValue::Dict>()) {
      add(item, below(name, key_text(key)));
    }
  }
}

// The first bytes, as many as tell the formats apart.
std::string start_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(kFileKindBytes, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return start;
}

CheckpointFormat format_of_content(const fs::path& path) {
  // First: the length that such a file begins with may look like the others.
  if (begins_as_safetensors(path)) return CheckpointFormat::kSafetensors;
  std::string start = start_of(path);
  // The others began files of torch.save before PyTorch 1.6: read_pt says so.
  for (const char* known : {"PK", "\x80", "sys_info"}) {
    if (starts_with(start, known)) return CheckpointFormat::kPt;
  }
  std::string kind = file_kind(start);
  throw FormatError::in_file(
      path, "neither a file of torch.save nor a safetensors file" +
                (kind.empty() ? "" : ", but " + kind));
}

}  // namespace

const char* describe(CheckpointFormat format) {
  bool is_pt = format == CheckpointFormat::kPt;
  return is_pt ? "pt (Python's torch.save)" : "safetensors";
}

CheckpointFormat format_of_name(const fs::path& path) {
  std::string suffix = path.extension().string();
  if (suffix == ".safetensors") return CheckpointFormat::kSafetensors;
  for (const char* known : {".pt", ".pth", ".bin", ".ckpt"}) {
    if (suffix == known) return CheckpointFormat::kPt;
  }
  throw UsageError(fmt::format(
      "'{}' names no format: it must end in .pt (.pth, .bin, .ckpt) or "
      ".safetensors",
      path.string()));
}

CheckpointFile open_checkpoint(const fs::path& path) {
  std::error_code error;
  CheckpointFile file;
  file.path = path;
  file.bytes = fs::file_size(path, error);
  if (error) throw FileError::cannot_read(path, error.value());
  file.format = format_of_content(path);
  if (file.format == CheckpointFormat::kPt) {
    Flattener(file).add(read_pt(path), "");
    return file;
  }
  Safetensors content = read_safetensors(path);
  file.tensors = std::move(content.tensors);
  file.metadata = std::move(content.metadata);
  return file;
}

namespace {

// Of ASCII, of the C1 set, or one that turns the direction of writing.
bool is_control(char32_t code) {
  bool is_bidi = code == 0x200E || code == 0x200F ||
                 (code >= 0x2028 && code <= 0x202E) ||
                 (code >= 0x2066 && code <= 0x2069);
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || is_bidi;
}

std::string escaped(std::string_view bytes) {
  std::string text;
  for (unsigned char byte : bytes) text += fmt::format("\\x{:02x}", byte);
  return text;
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto [code, length] = utf8_character(text, at);
    std::string bytes = text.substr(at, std::max<std::size_t>(length, 1));
    out += length > 0 && is_control(code) ? escaped(bytes) : bytes;
    at += bytes.size();
  }
  return out;
}

}  // namespace thexp::cli
