#include "thexp/experiments/globals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config_file.h"
#include "file_lock.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/base/utf8.h"
#include "thexp/tracking/home.h"

namespace thexp {
namespace {

constexpr const char* kFolder = ".thexp";
constexpr const char* kFile = "config.yaml";

bool is_word(const std::string& word) {
  return !word.empty() && word[0] != '-' &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  c == '_' || c == '-';
         });
}

void check_name(const std::string& name) {
  constexpr std::size_t kLongest = 200;
  std::vector<std::string> words = split(name, '.');
  bool good = name.size() <= kLongest &&
              std::all_of(words.begin(), words.end(), is_word);
  if (good) return;
  throw UsageError(fmt::format(
      "'{}' cannot name a global: a name is words of letters, digits, '_' and "
      "'-', joined by dots, such as datasets or data.root",
      name));
}

void check_text(const std::string& name, const std::string& text) {
  if (is_utf8(text) && text.find('\0') == std::string::npos) return;
  throw UsageError(
      fmt::format("the text of the global '{}' is not UTF-8", name));
}

std::string how_to_set(const std::string& name) {
  return fmt::format(
      "set it with: thexp config --global {} VALUE (with --local for the "
      "project that thexp init made)",
      name);
}

std::string hint_of(const std::string& name,
                    const std::vector<GlobalEntry>& entries) {
  std::vector<std::string> names;
  for (const GlobalEntry& entry : entries) names.push_back(entry.name);
  std::string near = closest_match(name, names);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

// The home folder has the name of a project's, and lies above most projects.
bool is_users_own(const fs::path& folder) {
  std::error_code missing;
  if (fs::equivalent(folder, home_path(), missing)) return true;
  PathText usual = read_path_text("~/.thexp");
  return usual.problem.empty() && fs::equivalent(folder, usual.path, missing);
}

template <typename Change>
void change_file(const fs::path& path, Change&& change) {
  make_directories(path.parent_path());
  FileLock lock(path.string() + ".lock");
  ConfigFile file(path);
  change(file);
  file.write();
}

}  // namespace

const char* level_name(GlobalLevel level) {
  return level == GlobalLevel::kGlobal ? "global" : "local";
}

Globals::Globals(const fs::path& folder) : project_(find_project(folder)) {}

std::string Globals::operator[](const std::string& name) const {
  if (std::optional<std::string> text = find(name)) return *text;
  check_name(name);
  throw UsageError(fmt::format("there is no global '{}'; {}{}", name,
                               how_to_set(name), hint_of(name, list())));
}

std::optional<std::string> Globals::find(const std::string& name) const {
  std::optional<std::string> text;
  for (const GlobalEntry& entry : list()) {
    if (entry.name == name && entry.counts) text = entry.text;
  }
  return text;
}

std::vector<GlobalEntry> Globals::list() const {
  std::vector<GlobalEntry> all = list(GlobalLevel::kGlobal);
  if (!project_.empty()) {
    for (GlobalEntry& local : list(GlobalLevel::kLocal)) {
      for (GlobalEntry& other : all) {
        if (other.name == local.name) other.counts = false;
      }
      all.push_back(std::move(local));
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.name < b.name;
  });
  return all;
}

std::vector<GlobalEntry> Globals::list(GlobalLevel level) const {
  std::vector<GlobalEntry> entries;
  fs::path path = file(level);
  ConfigFile config(path);
  for (const YamlText& found : config.entries()) {
    entries.push_back(
        {found.key, found.text, level, path, found.line, /*counts=*/true});
  }
  return entries;
}

void Globals::set(GlobalLevel level,
                  const std::string& name,
                  const std::string& text) {
  check_name(name);
  check_text(name, text);
  change_file(file(level), [&](ConfigFile& file) { file.set(name, text); });
}

void Globals::unset(GlobalLevel level, const std::string& name) {
  fs::path path = file(level);
  change_file(path, [&](ConfigFile& file) {
    if (file.find(name) != nullptr) return file.unset(name);
    throw UsageError(fmt::format("the global '{}' is not set in '{}'{}", name,
                                 path.string(), hint_of(name, list(level))));
  });
}

fs::path Globals::file(GlobalLevel level) const {
  if (level == GlobalLevel::kGlobal) return home_path() / kFile;
  if (!project_.empty()) return project_ / kFolder / kFile;
  throw UsageError(
      "there is no project here, for a local global: neither this folder nor "
      "one above it has a folder .thexp; thexp init makes one");
}

Globals globals() { return Globals(); }

fs::path find_project(const fs::path& folder) {
  std::error_code unreadable;
  for (fs::path at = fs::absolute(folder); !at.empty(); at = at.parent_path()) {
    bool is_project = fs::is_directory(at / kFolder, unreadable) &&
                      !is_users_own(at / kFolder);
    if (is_project) return at;
    if (at == at.root_path()) break;
  }
  return {};
}

fs::path init_project(const fs::path& folder) {
  fs::path path = folder / kFolder / kFile;
  if (is_users_own(folder / kFolder)) {
    throw UsageError(fmt::format(
        "'{}' cannot be a project: its .thexp is your own folder, whose "
        "globals count everywhere (thexp config --global)",
        folder.string()));
  }
  if (fs::exists(path)) return path;
  write_file_atomic(path,
                    "# Globals of this project: lines of name: text. They "
                    "count before those of\n# your home folder. thexp config "
                    "-l lists them.\n");
  return path;
}

}  // namespace thexp
