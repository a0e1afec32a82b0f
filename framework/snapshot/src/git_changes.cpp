#include "git_changes.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string_view>

#include "code_files.h"
#include "sha256.h"
#include "thexp/base/text.h"

namespace thexp::git {
namespace {

// A folder's name as a rule of .gitignore that means this folder alone.
std::string ignore_rule(const std::string& folder) {
  std::string rule = "/";
  for (char c : folder) {
    if (std::string_view("*?[]\\ !#").find(c) != std::string_view::npos) {
      rule += '\\';
    }
    rule += c;
  }
  return rule + "/\n";
}

bool is_pointer_of_lfs(const fs::path& path) {
  try {
    return fs::file_size(path) < 1024 &&
           starts_with(read_file(path), "version https://git-lfs");
  } catch (const std::exception&) {
    return false;  // the next read of it reports that
  }
}

// As git-lfs writes it.
std::string lfs_pointer(const fs::path& path) {
  return fmt::format(
      "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
      sha256_of_file(path), fs::file_size(path));
}

class Finder {
 public:
  Finder(git_repository* repository, git_index* index, Limits& limits)
      : repository_(repository),
        index_(index),
        limits_(limits),
        root_(git_repository_workdir(repository)) {}

  void ignore(const std::vector<fs::path>& folders) {
    for (const fs::path& folder : folders) {
      std::string below = folder.lexically_relative(root_).generic_string();
      while (ends_with(below, "/")) below.pop_back();
      if (below.empty() || below == "." || starts_with(below, "..")) continue;
      // These rules are in memory only.
      check(git_ignore_add_rule(repository_, ignore_rule(below).c_str()),
            "leave out '" + below + "'");
    }
  }

  Changes find() {
    Diff diff = compare();
    std::size_t count = git_diff_num_deltas(diff.get());
    for (std::size_t i = 0; i < count; ++i) {
      add(*git_diff_get_delta(diff.get(), i));
    }
    add_untracked();
    return std::move(changes_);
  }

 private:
  Diff compare() {
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_UNTRACKED |
                    GIT_DIFF_RECURSE_UNTRACKED_DIRS |
                    GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_INCLUDE_UNREADABLE;
    options.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE;
    return make<Diff>(git_diff_index_to_workdir, "compare the work tree",
                      repository_, index_, &options);
  }

  void add(const git_diff_delta& delta) {
    std::string path = delta.new_file.path;
    switch (delta.status) {
      case GIT_DELTA_UNTRACKED:
        untracked_.push_back({path, delta.new_file.mode});
        break;
      case GIT_DELTA_UNREADABLE:
        limits_.leave_out(path, "cannot be read");
        break;
      case GIT_DELTA_DELETED:
        if (!stays_as_in_index(path)) changes_[path] = {};
        break;
      case GIT_DELTA_CONFLICTED:
        add_conflict(path);
        break;
      case GIT_DELTA_MODIFIED:
      case GIT_DELTA_TYPECHANGE:
        if (!stays_as_in_index(path)) add_tracked(path, delta.new_file.mode);
        break;
      default:
        break;
    }
  }

  // skip-worktree (a sparse checkout) and assume-unchanged.
  bool stays_as_in_index(const std::string& path) const {
    const git_index_entry* entry =
        git_index_get_bypath(index_, path.c_str(), 0);
    return entry != nullptr &&
           ((entry->flags & GIT_INDEX_ENTRY_VALID) != 0 ||
            (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0);
  }

  // In the middle of a merge: the file as it lies there, with its marks.
  void add_conflict(const std::string& path) {
    struct stat status;
    if (::lstat((root_ / path).c_str(), &status) != 0) {
      changes_[path] = {};
    } else {
      bool runs = (status.st_mode & S_IXUSR) != 0;
      uint32_t mode = S_ISLNK(status.st_mode) ? GIT_FILEMODE_LINK
                      : runs                  ? GIT_FILEMODE_BLOB_EXECUTABLE
                                              : GIT_FILEMODE_BLOB;
      add_file(path, mode);
    }
  }

  void add_tracked(const std::string& path, uint32_t mode) {
    if (mode == GIT_FILEMODE_COMMIT) {
      add_submodule(path);
    } else {
      add_file(path, mode);
    }
  }

  void add_submodule(const std::string& path) {
    Submodule submodule =
        make<Submodule>(git_submodule_lookup, "read the submodule " + path,
                        repository_, path.c_str());
    unsigned status = 0;
    check(git_submodule_status(&status, repository_, path.c_str(),
                               GIT_SUBMODULE_IGNORE_NONE),
          "read the submodule " + path);
    const git_oid* commit = git_submodule_wd_id(submodule.get());
    const git_oid* known = git_submodule_index_id(submodule.get());
    bool has_moved = commit != nullptr &&
                     (known == nullptr || !git_oid_equal(commit, known));
    if (has_moved) changes_[path] = {GIT_FILEMODE_COMMIT, text_of(*commit), ""};
    if (GIT_SUBMODULE_STATUS_IS_WD_DIRTY(status)) {
      limits_.leave_out(path,
                        "a submodule with changes of its own: the snapshot "
                        "names its commit only");
    }
  }

  void add_file(const std::string& path, uint32_t mode) {
    std::string filter = filter_of(path);
    if (!filter.empty() && !is_pointer_of_lfs(root_ / path)) {
      if (filter == "lfs") {
        add_lfs_pointer(path, mode);
      } else {
        limits_.leave_out(path, "its filter '" + filter + "' is not run");
      }
      return;
    }
    struct stat status;
    if (::lstat((root_ / path).c_str(), &status) != 0) {
      limits_.leave_out(path, "cannot be read");
      return;
    }
    if (limits_.accept(path, static_cast<uint64_t>(status.st_size))) {
      changes_[path] = {mode, "", ""};
    }
  }

  // git adds a pointer, and git-lfs keeps the content. It may be the pointer in
  // the index: the times of files that were just checked out do not tell.
  void add_lfs_pointer(const std::string& path, uint32_t mode) {
    std::string pointer = lfs_pointer(root_ / path);
    git_oid id;
    check(git_odb_hash(&id, pointer.data(), pointer.size(), GIT_OBJECT_BLOB),
          "hash " + path);
    const git_index_entry* entry =
        git_index_get_bypath(index_, path.c_str(), 0);
    bool is_same = entry != nullptr && entry->mode == mode &&
                   git_oid_equal(&entry->id, &id);
    if (is_same) return;
    changes_[path] = {mode, "", pointer};
    limits_.leave_out(path, "Git LFS keeps it: the snapshot has its pointer");
  }

  // The program that git would run on the content, such as Git LFS.
  std::string filter_of(const std::string& path) {
    const char* name = nullptr;
    check(git_attr_get(&name, repository_, 0, path.c_str(), "filter"),
          "read the attributes of " + path);
    if (git_attr_value(name) != GIT_ATTR_VALUE_STRING) return "";
    return has_filter(name) ? name : "";
  }

  // Without its program, git stores the content as it is; so do we.
  bool has_filter(const std::string& name) {
    if (!config_) {
      config_ = make<Config>(git_repository_config_snapshot,
                             "read the configuration", repository_);
    }
    for (const char* key : {".clean", ".process"}) {
      const char* value = nullptr;
      std::string full = "filter." + name + key;
      if (git_config_get_string(&value, config_.get(), full.c_str()) == 0) {
        return true;
      }
    }
    return false;
  }

  void add_untracked() {
    find_build_folders();
    for (const auto& [path, mode] : untracked_) {
      if (lies_in_build_folder(path)) continue;
      if (ends_with(path, "/")) {
        limits_.leave_out(path, "a repository of its own");
      } else {
        add_file(path, mode);
      }
    }
  }

  void find_build_folders() {
    constexpr std::string_view kName = "/CMakeCache.txt";
    for (const auto& [path, mode] : untracked_) {
      if (!ends_with(path, kName)) continue;
      std::string folder = path.substr(0, path.size() - kName.size() + 1);
      build_folders_.insert(folder);
      limits_.leave_out(folder, "a build folder: it has a CMakeCache.txt");
    }
  }

  bool lies_in_build_folder(const std::string& path) const {
    for (const std::string& folder : build_folders_) {
      if (starts_with(path, folder)) return true;
    }
    return false;
  }

  git_repository* repository_;
  git_index* index_;
  Limits& limits_;
  fs::path root_;
  Config config_;
  Changes changes_;
  std::vector<std::pair<std::string, uint32_t>> untracked_;
  std::set<std::string> build_folders_;  // each ends in "/"
};

}  // namespace

Changes find_changes(git_repository* repository,
                     git_index* index,
                     const std::vector<fs::path>& without,
                     Limits& limits) {
  Finder finder(repository, index, limits);
  finder.ignore(without);
  return finder.find();
}

}  // namespace thexp::git
