#include "show_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "thexp/base/columns.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/text.h"
#include "thexp/tracking/run_files.h"

namespace thexp::cli {
namespace {

struct FileEntry {
  std::uintmax_t bytes = 0;
  std::optional<RunFile> listed;
};

// By name.
using FileEntries = std::map<std::string, FileEntry>;

// A run that goes on makes and removes files meanwhile.
void add_files_there(const fs::path& folder, FileEntries& files) {
  std::error_code error;
  auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, error), end;
       at != end; at.increment(error)) {
    std::string name = at->path().lexically_relative(folder).string();
    std::error_code gone;
    bool counts = at->is_regular_file(gone) && !is_temporary_name(name);
    std::uintmax_t bytes = counts ? at->file_size(gone) : 0;
    if (counts && !gone) files[name].bytes = bytes;
  }
  if (error) throw FileError::cannot_list(folder, error.value());
}

FileEntries files_of(const RunRecord& run) {
  FileEntries files;
  add_files_there(run.path, files);
  for (RunFile& file : read_run_files(run.path)) {
    if (file.state == FileState::kUntouched) continue;
    FileEntry& entry = files[file.path];
    if (entry.bytes == 0) entry.bytes = file.bytes;
    entry.listed = std::move(file);
  }
  return files;
}

// Most were created, which goes without saying.
std::string state_of(const FileEntry& file) {
  bool is_usual = !file.listed || file.listed->state == FileState::kCreated;
  return is_usual ? ""
                  : std::string("  ") + file_state_name(file.listed->state);
}

}  // namespace

std::string files_text(const RunRecord& run) {
  const FileEntries files = files_of(run);
  std::size_t width = 0;
  for (const auto& [name, file] : files) {
    width = std::max(width, display_width(name));
  }
  std::string text = "\nfiles\n";
  for (const auto& [name, file] : files) {
    text += fmt::format("  {}  {:>10}{}\n", pad_width(name, width),
                        format_bytes(static_cast<double>(file.bytes)),
                        state_of(file));
  }
  return text;
}

Value files_json(const RunRecord& run) {
  Value::List list;
  const FileEntries files = files_of(run);
  for (const auto& [name, file] : files) {
    Value entry = Value::Dict{{"name", name}, {"bytes", Value(file.bytes)}};
    if (file.listed) {
      entry["state"] = file_state_name(file.listed->state);
      entry["xxh3"] = file.listed->hash;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace thexp::cli
