#include <fmt/format.h>

#include <unordered_map>
#include <utility>
#include <vector>

#include "pickle_writer.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "thexp/base/utf8.h"
#include "zip_writer.h"

namespace thexp {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw UsageError(
      fmt::format("'{}' cannot be saved: {}", path.empty() ? "/" : path, what));
}

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "/" + key;
}

void require_text(const std::string& text, const std::string& path) {
  if (!is_utf8(text)) refuse(path, "its text is not valid UTF-8");
  if (text.size() > zip::kMax32) refuse(path, "its text is over 4 GiB");
}

// Writes the tree as a pickle and collects its storages, then writes both.
class PtWriter {
 public:
  explicit PtWriter(const ArchiveValue& tree) { write(tree, ""); }

  PtSummary save(ZipWriter::Sink sink);

 private:
  struct Stored {
    std::string key;
    ElementType type;
  };

  void write(const ArchiveValue& value, const std::string& path);
  void write_text(const std::string& text, const std::string& path);
  void write_list(const ArchiveValue::List& list, const std::string& path);
  void write_dict(const ArchiveValue::Dict& dict, const std::string& path);
  void write_tensor(const ArchiveTensor& tensor, const std::string& path);
  const std::string& store(const ArchiveTensor& tensor,
                           const std::string& path);

  PickleWriter pickle_;
  std::unordered_map<const ArchiveBytes*, Stored> known_;
  std::vector<ArchiveStorage> stored_;
};

void PtWriter::write(const ArchiveValue& value, const std::string& path) {
  if (const auto* flag = value.get<bool>()) return pickle_.boolean(*flag);
  if (const auto* integer = value.get<int64_t>()) {
    return pickle_.integer(*integer);
  }
  if (const auto* real = value.get<double>()) return pickle_.real(*real);
  if (const auto* text = value.get<std::string>()) {
    return write_text(*text, path);
  }
  if (const auto* tensor = value.get<ArchiveTensor>()) {
    return write_tensor(*tensor, path);
  }
  if (const auto* list = value.get<ArchiveValue::List>()) {
    return write_list(*list, path);
  }
  if (const auto* dict = value.get<ArchiveValue::Dict>()) {
    return write_dict(*dict, path);
  }
  if (const auto* foreign = value.foreign()) {
    refuse(path, foreign->what + " was not loaded");
  }
  pickle_.none();
}

void PtWriter::write_text(const std::string& text, const std::string& path) {
  require_text(text, path);
  pickle_.text(text);
}

void PtWriter::write_list(const ArchiveValue::List& list,
                          const std::string& path) {
  pickle_.begin_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    write(list[i], below(path, std::to_string(i)));
  }
  pickle_.end_list();
}

void PtWriter::write_dict(const ArchiveValue::Dict& dict,
                          const std::string& path) {
  pickle_.begin_dict();
  for (const auto& [key, item] : dict) {
    std::string here = below(path, key_text(key));
    if (const auto* integer = std::get_if<int64_t>(&key)) {
      pickle_.integer(*integer);
    } else {
      write_text(std::get<std::string>(key), here);
    }
    write(item, here);
  }
  pickle_.end_dict();
}

void PtWriter::write_tensor(const ArchiveTensor& tensor,
                            const std::string& path) {
  auto held =
      static_cast<int64_t>(tensor.storage->size / info_of(tensor.type).bytes);
  int64_t needed = storage_reach(tensor);
  if (needed < 0 || needed > held) {
    refuse(path, describe(tensor) + " reaches beyond its storage's end");
  }
  pickle_.tensor({store(tensor, path), tensor.type, held, tensor.offset,
                  tensor.sizes, tensor.strides});
}

const std::string& PtWriter::store(const ArchiveTensor& tensor,
                                   const std::string& path) {
  auto [known, added] =
      known_.try_emplace(tensor.storage.get(),
                         Stored{std::to_string(stored_.size()), tensor.type});
  if (added) stored_.push_back(tensor.storage);
  if (known->second.type != tensor.type) {
    refuse(path,
           fmt::format("{} shares its storage with a tensor of {}",
                       describe(tensor), info_of(known->second.type).name));
  }
  return known->second.key;
}

PtSummary PtWriter::save(ZipWriter::Sink sink) {
  ZipWriter zip(std::move(sink));
  zip.add("archive/data.pkl", pickle_.finish());
  zip.add("archive/byteorder", "little");
  for (std::size_t i = 0; i < stored_.size(); ++i) {
    zip.add("archive/data/" + std::to_string(i), stored_[i]->data,
            stored_[i]->size);
  }
  zip.add("archive/version", "3\n");
  zip.finish();
  return {zip.bytes(), zip.crc32()};
}

ZipWriter::Sink sink_of(AtomicFile& file) {
  return
      [&file](const void* data, std::size_t bytes) { file.write(data, bytes); };
}

}  // namespace

PtSummary write_pt(const fs::path& path, const ArchiveValue& tree) {
  PtWriter writer(tree);  // refuses before there is a file
  AtomicFile file(path);
  PtSummary summary = writer.save(sink_of(file));
  file.commit();
  return summary;
}

PtSummary write_pt(AtomicFile& file, const ArchiveValue& tree) {
  return PtWriter(tree).save(sink_of(file));
}

std::string write_pt_bytes(const ArchiveValue& tree) {
  std::string out;
  PtWriter(tree).save([&](const void* data, std::size_t bytes) {
    out.append(static_cast<const char*>(data), bytes);
  });
  return out;
}

}  // namespace thexp
