#include "saver_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>
#include <utility>

#include "saved_name.h"
#include "sidecar.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {

SaverFolder::SaverFolder(const fs::path& parent, const std::string& kind)
    : path_(parent / (kind + "s")), kind_(kind) {}

std::optional<SavedFile> SaverFolder::parse(
    const std::string& file_name) const {
  return parse_saved_name(path_, kind_, file_name);
}

// The file that a sidecar's name is of.
std::optional<SavedFile> SaverFolder::parse_sidecar(
    const std::string& file_name) const {
  if (!ends_with(file_name, kSidecarEnd)) return std::nullopt;
  std::size_t payload =
      file_name.size() - (kSidecarEnd.size() - kPayloadEnd.size());
  return parse(file_name.substr(0, payload));
}

std::vector<std::string> SaverFolder::names() const {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator next(path_, error), end;
  if (error == std::errc::no_such_file_or_directory) return names;
  while (!error && next != end) {
    names.push_back(next->path().filename().string());
    next.increment(error);
  }
  if (error) {
    throw FileError::system("cannot list folder", path_, error.value());
  }
  return names;
}

bool SaverFolder::is_folder(const std::string& name) const {
  std::error_code absent;
  return fs::is_directory(fs::symlink_status(path_ / name, absent));
}

std::vector<SavedFile> SaverFolder::files() const {
  std::vector<std::string> all = names();
  std::set<std::string> there(all.begin(), all.end());
  std::vector<SavedFile> files;
  for (const std::string& name : all) {
    auto file = parse(name);
    bool complete = file && there.count(name + ".json") != 0;
    if (complete && !is_folder(name)) files.push_back(std::move(*file));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return a.sequence < b.sequence;
  });
  return files;
}

std::optional<SavedFile> SaverFolder::find(const std::string& file_name) const {
  auto file = parse(file_name);
  std::error_code absent;
  bool complete = file && fs::exists(file->path, absent) &&
                  fs::exists(sidecar_of(file->path), absent);
  return complete && !is_folder(file_name) ? file : std::nullopt;
}

// Of a file, its sidecar, or a link.
bool SaverFolder::is_own_name(const std::string& name) const {
  if (parse(name) || parse_sidecar(name)) return true;
  if (kind_ != "model") {
    return name == "last.pt" || name == "best.pt" || name == "best.json";
  }
  return ends_with(name, kPayloadEnd) &&
         is_model_name(name.substr(0, name.size() - kPayloadEnd.size()));
}

// A sidecar whose payload was not written yet, or is removed already; a
// temporary file. A payload always comes with its sidecar: one without is
// somebody's copy.
bool SaverFolder::is_left_over(const std::string& name) const {
  std::string_view finished = name_of_temporary(name);
  if (!finished.empty()) return is_own_name(std::string(finished));
  auto file = parse_sidecar(name);
  if (!file) return false;
  std::error_code absent;
  bool alone = !fs::exists(fs::symlink_status(file->path, absent));
  return alone && has_own_sidecar(*file);
}

void SaverFolder::remove_leftovers() const {
  for (const std::string& name : names()) {
    if (is_left_over(name) && !is_folder(name)) remove_file(path_ / name);
  }
}

// With a number that no name here begins with, foreign ones included.
SavedFile SaverFolder::next(const std::string& name,
                            std::optional<SavePoint> point) const {
  std::vector<SavedFile> complete = files();
  std::vector<std::string> all = names();
  auto is_taken = [&](int64_t sequence) {
    std::string prefix = saved_prefix(kind_, sequence);
    return std::any_of(all.begin(), all.end(), [&](const std::string& other) {
      return starts_with(other, prefix);
    });
  };
  SavedFile file;
  file.sequence = complete.empty() ? 1 : complete.back().sequence + 1;
  while (is_taken(file.sequence)) ++file.sequence;
  file.point = point;
  file.name = name;
  file.path = path_ / fmt::format("{}{}{}", saved_prefix(kind_, file.sequence),
                                  name, kPayloadEnd);
  return file;
}

SavedFile SaverFolder::commit(const std::string& name,
                              std::optional<SavePoint> point,
                              const Value& info,
                              const WritePayload& write) {
  remove_leftovers();
  SavedFile file = next(name, point);
  AtomicFile payload(file.path);
  PtSummary summary = write(payload);
  payload.sync();
  write_sidecar(file, kind_, summary, info);
  payload.commit();  // from here on it counts
  return file;
}

void SaverFolder::remove(const SavedFile& file) const {
  remove_file(file.path);
  remove_file(sidecar_of(file.path));
}

void SaverFolder::set_aside(const fs::path& payload) const {
  for (const fs::path& file : {payload, sidecar_of(payload)}) {
    fs::path aside = path_ / ("damaged-" + file.filename().string());
    for (int n = 2; fs::exists(aside); ++n) {  // numbers are used again
      aside = path_ / fmt::format("damaged-{}-{}", n, file.filename().string());
    }
    if (::rename(file.c_str(), aside.c_str()) != 0) {
      throw FileError::system("cannot rename", file, errno);
    }
  }
  sync_directory(path_);
}

void SaverFolder::clear() const {
  for (const SavedFile& file : files()) remove(file);
  remove_leftovers();
}

fs::path SaverFolder::link(const std::string& name) const {
  return path_ / (name + std::string(kPayloadEnd));
}

void SaverFolder::set_link(const std::string& name,
                           const SavedFile& target) const {
  replace_link(link(name), target.path);
}

void SaverFolder::remove_link(const std::string& name) const {
  fs::path path = link(name);
  if (!is_folder(path.filename().string())) remove_file(path);
}

std::optional<SavedFile> SaverFolder::link_target(
    const std::string& name) const {
  std::error_code none;
  fs::path target = fs::read_symlink(link(name), none);
  return none ? std::nullopt : find(target.string());
}

}  // namespace thexp
