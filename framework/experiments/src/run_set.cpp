#include "thexp/experiments/run_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "file_lock.h"
#include "set_lines.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/names.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr const char* kFolder = ".sets";
constexpr const char* kRuns = ".txt";
constexpr const char* kColumns = ".columns";

// A run folder's name, wherever the record says that it began.
std::string name_of(const RunRecord& run) {
  fs::path path = fs::absolute(run.path).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.parent_path().filename().string() + "/" +
         path.filename().string();
}

std::string read_if_there(const fs::path& file) {
  std::error_code absent;
  return fs::exists(file, absent) ? read_file(file) : "";
}

bool is_finished(const RunEntry& run) {
  return run.status() == RunStatus::kCompleted && !run.is_evaluation() &&
         !run.is_dry_run();
}

// What a line means, "experiment/id"; a line that means nothing any more is
// itself.
std::string canonical(const Workspace& workspace, const std::string& line) {
  std::error_code absent;
  if (fs::is_directory(workspace.root() / line, absent) &&
      line.find('/') != std::string::npos) {
    return line;
  }
  try {
    return name_of(workspace.find(line));
  } catch (const Error&) {
    return line;
  }
}

}  // namespace

RunSet::RunSet(const Workspace& workspace, std::string name)
    : workspace_(workspace), name_(std::move(name)) {
  bool is_name = !name_.empty() && name_[0] != '.' && name_.size() <= 200 &&
                 std::none_of(name_.begin(), name_.end(), [](unsigned char c) {
                   return c < 0x20 || c == '/';
                 });
  if (is_name) return;
  throw UsageError(fmt::format(
      "the set's name {} cannot name a file: it must have 1 to 200 bytes, no "
      "'/' and no control characters, and not start with '.'",
      Value(name_).to_json()));
}

std::vector<std::string> RunSet::names(const Workspace& workspace) {
  std::set<std::string> found;
  std::error_code absent;
  for (fs::directory_iterator at(workspace.root() / kFolder, absent), end;
       at != end; at.increment(absent)) {
    bool is_set = at->path().extension() == kRuns;
    if (is_set) found.insert(at->path().stem().string());
  }
  found.erase(kFinished);
  std::vector<std::string> names{kFinished};
  names.insert(names.end(), found.begin(), found.end());
  return names;
}

fs::path RunSet::file() const {
  return workspace_.root() / kFolder / (name_ + kRuns);
}

fs::path RunSet::columns_file() const {
  return workspace_.root() / kFolder / (name_ + kColumns);
}

bool RunSet::exists() const {
  std::error_code absent;
  return name_ == kFinished || fs::exists(file(), absent);
}

std::vector<std::string> RunSet::add(const std::vector<RunRecord>& runs) {
  if (name_ == kFinished) {
    throw UsageError(
        "the set 'finished' holds all completed runs by itself; name another "
        "one");
  }
  make_directories(file().parent_path());
  FileLock lock(file().parent_path() / ".lock");
  std::string content = read_if_there(file());
  std::set<std::string> known;
  for (const SetLine& line : set_lines(content)) {
    known.insert(canonical(workspace_, line.text));
  }
  if (!content.empty() && content.back() != '\n') content += '\n';
  std::vector<std::string> added;
  for (const RunRecord& run : runs) {
    std::string name = name_of(run);
    if (!known.insert(name).second) continue;
    content += name + "\n";
    added.push_back(name);
  }
  if (!added.empty()) write_file_atomic(file(), content);
  return added;
}

std::vector<RunEntry> RunSet::runs(const RunIndex& index,
                                   std::vector<std::string>* problems) const {
  std::vector<RunEntry> found;
  if (name_ == kFinished) {
    std::copy_if(index.runs().begin(), index.runs().end(),
                 std::back_inserter(found), is_finished);
    return found;
  }
  if (!exists()) {
    std::vector<std::string> all = names(workspace_);
    std::string near = closest_match(name_, all);
    throw UsageError(
        fmt::format("no set '{}' in the workspace '{}'; {}", name_,
                    workspace_.root().string(),
                    near.empty() ? "sets there: " + list_names(all)
                                 : fmt::format("did you mean '{}'?", near)));
  }
  EntryByName by_name;
  for (const RunEntry& run : index.runs()) by_name.emplace(run.name(), &run);
  std::set<std::string> taken;
  for (const SetLine& line : set_lines(read_file(file()))) {
    try {
      const RunEntry* run = entry_at(line, by_name);
      if (taken.insert(run->name()).second) found.push_back(*run);
    } catch (const Error& error) {
      if (problems == nullptr) throw;
      problems->push_back(error.what());
    }
  }
  return found;
}

// Set files are written by people: a line may be any name of a run.
const RunEntry* RunSet::entry_at(const SetLine& line,
                                 const EntryByName& by_name) const {
  auto at = by_name.find(line.text);
  try {
    if (at == by_name.end()) {
      at = by_name.find(name_of(workspace_.find(line.text)));
    }
  } catch (const UnknownRunError& error) {
    std::string id = line.text.substr(line.text.rfind('/') + 1);
    if (!is_run_id(id)) {
      throw UsageError(
          fmt::format("{}:{}: {}", file().string(), line.number, error.what()));
    }
    throw UsageError(fmt::format(
        "{}:{}: the run '{}' is gone (thexp restore lists the trash)",
        file().string(), line.number, line.text));
  } catch (const Error& error) {
    throw UsageError(
        fmt::format("{}:{}: {}", file().string(), line.number, error.what()));
  }
  if (at != by_name.end()) return at->second;
  throw UsageError(fmt::format("{}:{}: the workspace has no run '{}'",
                               file().string(), line.number, line.text));
}

std::vector<std::string> RunSet::columns() const {
  std::vector<std::string> names;
  for (const SetLine& line : set_lines(read_if_there(columns_file()))) {
    names.push_back(line.text);
  }
  return names;
}

void RunSet::set_columns(const std::vector<std::string>& names) {
  make_directories(columns_file().parent_path());
  FileLock lock(columns_file().parent_path() / ".lock");
  std::string content;
  for (const std::string& line : split(read_if_there(columns_file()), '\n')) {
    if (starts_with(trim(line), "#")) content += line + "\n";
  }
  for (const std::string& name : names) content += name + "\n";
  write_file_atomic(columns_file(), content);
}

}  // namespace thexp
