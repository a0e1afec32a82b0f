#include "packing_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/experiments/run_archive.h"
#include "thexp/tracking/workspace.h"

namespace thexp {
namespace {

constexpr int64_t kFormatVersion = 1;

// Locks, what a writer has not finished, and the files of an archive itself.
bool is_passing(const std::string& name) {
  return is_temporary_name(name) || ends_with(name, ".lock") ||
         name == kManifestName || name == kSumsName || name == kImportedNote;
}

void add_link(PackingList& list, const fs::path& path, std::string name) {
  std::string target = fs::read_symlink(path).string();
  std::error_code dangling;
  bool good =
      is_inner_link(name, target) && fs::is_regular_file(path, dangling);
  if (good) {
    list.links.emplace_back(std::move(name), std::move(target));
  } else {
    list.left_out.push_back(std::move(name));
  }
}

std::uintmax_t count_at(const Value& tree, const char* key) {
  int64_t count = tree.at(key).as_integer();
  if (count >= 0) return static_cast<std::uintmax_t>(count);
  throw FormatError(fmt::format("{} is {}", key, count));
}

}  // namespace

std::uintmax_t PackingList::bytes() const {
  std::uintmax_t sum = 0;
  for (const File& file : files) sum += file.bytes;
  return sum;
}

void PackingList::add(const fs::path& folder, const std::string& prefix) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; at != end;
       at.increment(error)) {
    std::string name = prefix + at->path().lexically_relative(folder).string();
    if (is_passing(at->path().filename().string())) continue;
    if (at->is_symlink()) {
      add_link(*this, at->path(), std::move(name));
    } else if (at->is_directory()) {
      folders.push_back(std::move(name));
    } else if (at->is_regular_file()) {
      auto owner = at->status().permissions() & fs::perms::owner_exec;
      files.push_back({std::move(name), at->path(), at->file_size(),
                       owner != fs::perms::none});
    } else {
      left_out.push_back(std::move(name));
    }
  }
  if (error) throw FileError::cannot_list(folder, error.value());
  std::sort(folders.begin(), folders.end());
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
}

Value Manifest::to_value() const {
  Value link_tree = Value::Dict{};
  for (const auto& [name, target] : links) link_tree[name] = target;
  return Value::Dict{{"format", kFormatVersion},
                     {"experiment", experiment},
                     {"id", id},
                     {"files", Value(files)},
                     {"folders", Value(folders)},
                     {"bytes", Value(bytes)},
                     {"links", std::move(link_tree)}};
}

Manifest Manifest::from_value(const Value& tree) {
  int64_t format = tree.at("format").as_integer();
  if (format != kFormatVersion) {
    throw FormatError(fmt::format(
        "the format version is {}, but this program reads version {}", format,
        kFormatVersion));
  }
  Manifest manifest;
  manifest.experiment = tree.at("experiment").as_text();
  manifest.id = tree.at("id").as_text();
  check_experiment_name(manifest.experiment);
  check_experiment_name(manifest.id);
  manifest.files = count_at(tree, "files");
  manifest.folders = count_at(tree, "folders");
  manifest.bytes = count_at(tree, "bytes");
  for (const auto& [name, target] : tree.at("links").as_dict()) {
    if (!is_inner_link(name, target.as_text())) {
      throw FormatError(
          fmt::format("the link '{}' leads to '{}'", name, target.as_text()));
    }
    manifest.links.emplace_back(name, target.as_text());
  }
  return manifest;
}

bool is_inner_path(const std::string& name) {
  std::vector<std::string> parts = split(name, '/');
  return std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
}

bool is_inner_link(const std::string& name, const std::string& target) {
  return is_inner_path(name) && is_inner_path(target) &&
         target.find('/') == std::string::npos;
}

}  // namespace thexp
