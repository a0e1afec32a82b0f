#include "code_files.h"

#include <glob.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <string_view>

namespace thexp {
namespace {

using Paths = std::set<fs::path>;

bool is_code(const fs::path& path) {
  static const std::set<std::string_view> kEndings = {
      ".c",    ".cc",  ".cpp",  ".cxx",  ".h",   ".hh",   ".hpp", ".hxx",
      ".cu",   ".cuh", ".inl",  ".ipp",  ".py",  ".sh",   ".lua", ".cmake",
      ".yaml", ".yml", ".toml", ".json", ".ini", ".proto"};
  std::string name = path.filename().string();
  return kEndings.count(path.extension().string()) > 0 ||
         name == "CMakeLists.txt" || name == "Makefile";
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().rfind('.', 0) == 0;
}

// Walks a folder, without hidden folders and those in which CMake builds.
void add_below(const fs::path& folder,
               const std::function<bool(const fs::path&)>& is_wanted,
               Paths& found) {
  auto options = fs::directory_options::skip_permission_denied;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, options, error), end;
       !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (at->is_directory(gone) && !at->is_symlink(gone)) {
      if (is_hidden(at->path()) || is_build_folder(at->path())) {
        at.disable_recursion_pending();
      }
    } else if (is_wanted(at->path())) {
      found.insert(at->path());
    }
  }
}

// The folder's own name is meant as it is written.
std::string without_patterns(const std::string& folder) {
  std::string text;
  for (char c : folder) {
    if (std::string_view("*?[]{}\\~").find(c) != std::string_view::npos) {
      text += '\\';
    }
    text += c;
  }
  return text;
}

Paths matches(const std::string& name, const fs::path& base) {
  Paths found;
  std::error_code missing;
  if (fs::exists(base / name, missing)) return {base / name};
  std::string pattern =
      fs::path(name).is_absolute()
          ? name
          : (fs::path(without_patterns(base.string())) / name).string();
  glob_t list{};
  if (::glob(pattern.c_str(), GLOB_BRACE, nullptr, &list) == 0) {
    found.insert(list.gl_pathv, list.gl_pathv + list.gl_pathc);
  }
  ::globfree(&list);
  return found;
}

bool lies_below(const fs::path& path, const fs::path& folder) {
  auto [end, at] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// `base` where it holds all of them, else the next folder above that does.
ChosenFiles below_one_folder(fs::path base, const Paths& files) {
  for (const fs::path& file : files) {
    while (!lies_below(file, base)) base = base.parent_path();
  }
  ChosenFiles chosen{base, {}};
  for (const fs::path& file : files) {
    chosen.paths.push_back(file.lexically_relative(base).generic_string());
  }
  return chosen;
}

}  // namespace

bool is_build_folder(const fs::path& folder) {
  std::error_code missing;
  return fs::exists(folder / "CMakeCache.txt", missing);
}

ChosenFiles named_files(const std::vector<std::string>& names,
                        const fs::path& base,
                        Limits& limits) {
  Paths files;
  for (const std::string& name : names) {
    Paths fitting = matches(name, base);
    if (fitting.empty()) limits.leave_out(name, "nothing has this name");
    for (const fs::path& path : fitting) {
      fs::path normal = path.lexically_normal();
      if (!fs::is_directory(normal)) {
        files.insert(normal);
      } else {
        add_below(
            normal, [](const fs::path&) { return true; }, files);
      }
    }
  }
  return below_one_folder(base.lexically_normal(), files);
}

ChosenFiles code_files_below(const fs::path& root) {
  Paths files;
  add_below(root, is_code, files);
  return below_one_folder(root, files);
}

}  // namespace thexp
