#include "code_store.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "thexp/base/error.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

constexpr int64_t kFormat = 1;
constexpr std::chrono::hours kYoung{24};

std::string hash_of(std::string_view content) {
  XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

// Ids come from a record, which may be damaged: none leads out of the store.
const std::string& checked(const std::string& id) {
  bool is_hash = id.size() == 32 &&
                 id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hash) throw FormatError("'" + id + "' is not the id of a code copy");
  return id;
}

// It is needed again: remove_unused() leaves young files alone.
void renew(const fs::path& path) {
  auto now = fs::file_time_type::clock::now();
  std::error_code error;
  fs::file_time_type time = fs::last_write_time(path, error);
  if (error || now - time < kYoung / 2) return;
  // Of another user or read-only: then nobody here deletes it either.
  fs::last_write_time(path, now, error);
}

// A file of the right size is complete, for it got its name at the end.
void write_once(const fs::path& path, std::string_view content) {
  std::error_code missing;
  std::uintmax_t size = fs::file_size(path, missing);
  if (!missing && size == content.size()) {
    renew(path);
  } else {
    write_file_atomic(path, content);
  }
}

Value to_value(const std::vector<CodeFile>& files) {
  Value::List list;
  for (const CodeFile& file : files) {
    list.push_back(Value::Dict{{"path", file.path},
                               {"mode", file.mode},
                               {"id", file.id},
                               {"bytes", static_cast<int64_t>(file.bytes)}});
  }
  return Value::Dict{{"format", kFormat}, {"files", std::move(list)}};
}

CodeFile file_of(const Value& value) {
  CodeFile file;
  file.path = value.at("path").as_text();
  file.mode = value.at("mode").as_text();
  file.id = value.at("id").as_text();
  file.bytes = static_cast<uint64_t>(value.at("bytes").as_integer());
  return file;
}

std::vector<CodeFile> files_of(const Value& value, const std::string& source) {
  try {
    if (value.at("format").as_integer() != kFormat) {
      throw UsageError("a later version of thexp wrote this list");
    }
    std::vector<CodeFile> files;
    for (const Value& file : value.at("files").as_list()) {
      files.push_back(file_of(file));
    }
    return files;
  } catch (const UsageError& error) {
    throw FormatError::in_file(source, error.what());
  }
}

class StoredTree : public CodeTree {
 public:
  StoredTree(CodeStore store, std::vector<CodeFile> files)
      : CodeTree(std::move(files)), store_(std::move(store)) {}

  std::string read(const CodeFile& file) const override {
    return file.mode == kSubmoduleMode ? submodule_text(file.id)
                                       : store_.read(file.id);
  }
  std::string_view id_kind() const override { return "xxh3"; }

 private:
  CodeStore store_;
};

}  // namespace

fs::path CodeStore::content_path(const std::string& id) const {
  return folder_ / checked(id).substr(0, 2) / id;
}

fs::path CodeStore::tree_path(const std::string& id) const {
  return folder_ / "trees" / (checked(id) + ".json");
}

std::string CodeStore::put(std::string_view content) const {
  std::string id = hash_of(content);
  write_once(content_path(id), content);
  return id;
}

std::string CodeStore::put_tree(std::vector<CodeFile> files) const {
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  std::string text = to_value(files).to_json(2) + "\n";
  std::string id = hash_of(text);
  write_once(tree_path(id), text);
  return id;
}

std::string CodeStore::read(const std::string& id) const {
  fs::path path = content_path(id);
  std::string content = read_file(path);
  if (hash_of(content) != id) {
    throw FormatError::in_file(path, "the content does not fit its name");
  }
  return content;
}

std::unique_ptr<CodeTree> CodeStore::tree(const std::string& id) const {
  fs::path path = tree_path(id);
  Value value = Value::from_json(read_file(path), path.string());
  return std::make_unique<StoredTree>(*this, files_of(value, path.string()));
}

bool CodeStore::has_tree(const std::string& id) const {
  std::error_code unreadable;
  return fs::exists(tree_path(id), unreadable);
}

uint64_t CodeStore::remove_unused(const std::vector<std::string>& trees) const {
  std::set<fs::path> used;
  for (const std::string& id : trees) {
    used.insert(tree_path(id));
    std::unique_ptr<CodeTree> files = tree(id);
    for (const CodeFile& file : files->files()) {
      if (file.mode != kSubmoduleMode) used.insert(content_path(file.id));
    }
  }
  uint64_t bytes = 0;
  auto oldest = fs::file_time_type::clock::now() - kYoung;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder_, error), end;
       !error && at != end; at.increment(error)) {
    if (!at->is_regular_file() || used.count(at->path()) > 0) continue;
    if (at->last_write_time() > oldest) continue;
    bytes += at->file_size();
    remove_file(at->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw FileError::cannot_list(folder_, error.value());
  }
  return bytes;
}

}  // namespace thexp
