#include "saver_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <set>
#include <utility>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kPayloadEnd = ".pt";
constexpr std::string_view kSidecarEnd = ".pt.json";
constexpr std::string_view kEpochName = "epoch-";
constexpr std::size_t kMaxDigits = 18;  // of a number in a file's name

fs::path sidecar_of(const fs::path& payload) {
  fs::path path = payload;
  path += ".json";
  return path;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= kMaxDigits &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

int64_t epoch_of(const std::string& name) {
  if (!starts_with(name, kEpochName)) return -1;
  std::string digits = name.substr(kEpochName.size());
  return is_number(digits) ? std::stoll(digits) : -1;
}

Value sidecar_value(const SavedFile& file,
                    const std::string& kind,
                    const PtSummary& summary,
                    const Value& info) {
  return Value::Dict{{"format", 1},
                     {"kind", kind},
                     {"name", file.name},
                     {"epoch", file.epoch},
                     {"sequence", file.sequence},
                     {"bytes", static_cast<int64_t>(summary.bytes)},
                     {"crc32", fmt::format("{:08x}", summary.crc32)},
                     {"info", info}};
}

}  // namespace

SaverFolder::SaverFolder(const fs::path& parent, const std::string& kind)
    : path_(parent / (kind + "s")), kind_(kind) {}

std::optional<SavedFile> SaverFolder::parse(
    const std::string& file_name) const {
  std::string start = kind_ + "-";
  bool ours =
      starts_with(file_name, start) && ends_with(file_name, kPayloadEnd);
  if (!ours) return std::nullopt;
  std::string stem = file_name.substr(
      start.size(), file_name.size() - start.size() - kPayloadEnd.size());
  std::size_t dash = stem.find('-');
  if (dash == std::string::npos || !is_number(stem.substr(0, dash))) {
    return std::nullopt;
  }
  SavedFile file;
  file.path = path_ / file_name;
  file.sequence = std::stoll(stem.substr(0, dash));
  file.name = stem.substr(dash + 1);
  file.epoch = epoch_of(file.name);
  return file;
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

std::vector<SavedFile> SaverFolder::files() const {
  std::vector<std::string> all = names();
  std::set<std::string> there(all.begin(), all.end());
  std::vector<SavedFile> files;
  for (const std::string& name : all) {
    auto file = parse(name);
    if (file && there.count(name + ".json") != 0) files.push_back(*file);
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return a.sequence < b.sequence;
  });
  return files;
}

// A payload without a sidecar, a sidecar without a payload, a temporary file:
// each is half of a save or of a removal that was killed.
void SaverFolder::remove_leftovers() const {
  std::vector<std::string> all = names();
  std::set<std::string> there(all.begin(), all.end());
  for (const std::string& name : all) {
    std::string payload = name.substr(0, name.size() - 5);  // less ".json"
    bool torn = parse(name) && there.count(name + ".json") == 0;
    bool orphan = ends_with(name, kSidecarEnd) && parse(payload) &&
                  there.count(payload) == 0;
    if (torn || orphan || is_temporary_name(name)) remove_file(path_ / name);
  }
}

SavedFile SaverFolder::commit(const std::string& name,
                              int64_t epoch,
                              const Value& info,
                              const WritePayload& write) {
  SavedFile file;
  for (const std::string& other : names()) {  // also torn ones' numbers
    if (auto known = parse(other)) {
      file.sequence = std::max(file.sequence, known->sequence);
    }
  }
  remove_leftovers();
  file.sequence += 1;
  file.epoch = epoch;
  file.name = name;
  file.path = path_ / fmt::format("{}-{:06d}-{}{}", kind_, file.sequence, name,
                                  kPayloadEnd);
  PtSummary summary = write(file.path);
  write_file_atomic(
      sidecar_of(file.path),
      sidecar_value(file, kind_, summary, info).to_json(2) + "\n");
  return file;
}

void SaverFolder::remove(const SavedFile& file) const {
  remove_file(sidecar_of(file.path));
  remove_file(file.path);
}

// The sidecar last: without it the payload would count as half of a save.
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
  for (const std::string& name : names()) {  // links first: none may dangle
    if (fs::is_symlink(path_ / name)) remove_file(path_ / name);
  }
  for (const SavedFile& file : files()) remove(file);
  remove_leftovers();
}

void SaverFolder::set_link(const std::string& name,
                           const SavedFile& target) const {
  fs::path link = path_ / (name + std::string(kPayloadEnd));
  fs::path temporary = link;
  temporary += fmt::format(".tmp.{}.link", ::getpid());
  remove_file(temporary);
  if (::symlink(target.path.filename().c_str(), temporary.c_str()) != 0) {
    throw FileError::system("cannot make link", temporary, errno);
  }
  if (::rename(temporary.c_str(), link.c_str()) != 0) {
    throw FileError::system("cannot replace link", link, errno);
  }
  sync_directory(path_);
}

void SaverFolder::remove_link(const std::string& name) const {
  remove_file(path_ / (name + std::string(kPayloadEnd)));
}

std::optional<SavedFile> SaverFolder::link_target(
    const std::string& name) const {
  std::error_code none;
  fs::path target =
      fs::read_symlink(path_ / (name + std::string(kPayloadEnd)), none);
  if (none) return std::nullopt;
  for (const SavedFile& file : files()) {
    if (file.path.filename() == target) return file;
  }
  return std::nullopt;
}

void require_model_name(const std::string& name) {
  bool plain = !name.empty() && name[0] != '.' && name.size() <= 128 &&
               std::all_of(name.begin(), name.end(), [](unsigned char c) {
                 return std::isalnum(c) != 0 || c == '.' || c == '_' ||
                        c == '-' || c == '=';
               });
  bool ours = starts_with(name, "model-") || is_temporary_name(name);
  if (plain && !ours) return;
  throw UsageError(fmt::format(
      "'{}' cannot be a model's name: it needs letters, digits, '.', '_', '-' "
      "or '=', and neither starts with '.' or 'model-' nor holds '.tmp.'",
      name));
}

Value read_sidecar(const fs::path& payload) {
  fs::path path = sidecar_of(payload);
  Value sidecar = Value::from_json(read_file(path), path.string());
  const Value* format = sidecar.find("format");
  bool right = format != nullptr && *format == Value(1) &&
               sidecar.find("bytes") != nullptr &&
               sidecar.at("bytes").is_integer() &&
               sidecar.find("info") != nullptr;
  if (!right) {
    throw FormatError::in_file(path, "it is not a sidecar of format 1");
  }
  return sidecar;
}

LoadedFile load_saved(const SavedFile& file) {
  Value sidecar = read_sidecar(file.path);
  std::error_code error;
  std::uintmax_t bytes = fs::file_size(file.path, error);
  if (error) throw FileError::cannot_read(file.path, error.value());
  auto wanted = static_cast<std::uintmax_t>(sidecar.at("bytes").as_integer());
  if (bytes != wanted) {
    throw FormatError::in_file(
        file.path,
        fmt::format("it has {} bytes, but its sidecar says {}", bytes, wanted));
  }
  return {load_pt(file.path), sidecar.at("info"), file, {}};
}

}  // namespace thexp
