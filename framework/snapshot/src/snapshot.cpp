#include "thexp/snapshot/snapshot.h"

#include <sys/stat.h>

#include <functional>

#include "code_files.h"
#include "copy_writer.h"
#include "newer_sources.h"
#include "ref_name.h"
#include "source_places.h"
#include "thexp/base/error.h"
#include "work_tree.h"

namespace thexp {
namespace {

class Taker {
 public:
  explicit Taker(const SnapshotOptions& options)
      : options_(options), limits_(options) {}

  Snapshot take() {
    attempt([&] { places_ = find_places(options_); });
    attempt([&] { find_work_tree(); });
    if (work_tree_) take_work_tree();
    if (snapshot_.kind == SnapshotKind::kNone) {
      attempt([&] { copy_chosen_files(); });
    }
    snapshot_.left_out = limits_.left_out();
    return std::move(snapshot_);
  }

 private:
  // Nothing about code may end a training.
  bool attempt(const std::function<void()>& action) {
    try {
      action();
      return true;
    } catch (const std::exception& error) {
      add_problem(error.what());
      return false;
    }
  }

  void add_problem(const std::string& text) {
    std::string& all = snapshot_.problem;
    if (!all.empty()) all += "; ";
    all += text;
  }

  // The first place that lies in a work tree counts, also when that cannot be
  // opened.
  void find_work_tree() {
    for (const fs::path& folder : places_.folders()) {
      try {
        work_tree_ = open_work_tree(folder);
      } catch (const Error&) {
        unreadable_ = folder_with_git(folder);
        snapshot_.repository = unreadable_.string();
        throw;
      }
      if (work_tree_ && knows_the_source()) return;
      work_tree_.reset();
    }
  }

  // Such as a home folder that is a repository which ignores all else.
  bool knows_the_source() const {
    std::error_code gone;
    return places_.source.empty() || !fs::exists(places_.source, gone) ||
           !work_tree_->ignores(places_.source);
  }

  // The code is then that of a program or a folder elsewhere.
  void warn_of_source_outside() {
    std::error_code gone;
    if (!fs::exists(places_.source, gone)) return;
    fs::path below = places_.source.lexically_relative(snapshot_.repository);
    if (*below.begin() != "..") return;
    add_problem("the source file of main, '" + places_.source.string() +
                "', is not in the repository '" + snapshot_.repository + "'");
  }

  void take_work_tree() {
    bool was_scanned = attempt([&] {
      work_tree_->describe(snapshot_);
      warn_of_source_outside();
      work_tree_->scan(folders_without_code(), limits_);
    });
    if (was_scanned) keep_work_tree();
    if (snapshot_.kind == SnapshotKind::kNone) {
      unreadable_ = snapshot_.repository;
    }
  }

  void keep_work_tree() {
    if (work_tree_->is_of_another_user()) {
      add_problem(
          "the repository belongs to another user, and nothing was written to "
          "it: the code was copied");
    } else {
      attempt([&] { write_commit(); });
    }
    if (snapshot_.kind == SnapshotKind::kNone) {
      attempt([&] { copy_work_tree(); });
    }
    attempt([&] {
      snapshot_.newer_sources = newer_sources(
          snapshot_.repository, work_tree_->files(), places_.program);
    });
  }

  std::vector<fs::path> folders_without_code() const {
    std::vector<fs::path> folders = options_.left_out();
    if (!options_.store().empty()) folders.push_back(options_.store());
    for (fs::path& folder : folders) {
      folder = fs::weakly_canonical(places_.folder / folder);
    }
    return folders;
  }

  void write_commit() {
    snapshot_.ref = ref_name(options_.name());
    try {
      work_tree_->write(snapshot_, "Code of the run " + options_.name() + "\n",
                        limits_);
    } catch (...) {
      snapshot_.ref = snapshot_.tree = snapshot_.snapshot = "";
      throw;
    }
    snapshot_.kind = SnapshotKind::kGit;
  }

  void copy_work_tree() {
    CopyWriter copy(store(), limits_);
    bool is_dirty = !limits_.nothing_left_out();
    for (const CodeFile& file : work_tree_->files()) {
      is_dirty = is_dirty || file.id.empty();
      if (file.mode == kSubmoduleMode) {
        copy.add_submodule(file.path, file.id);
      } else {
        copy.add(file.path, file.mode,
                 [&] { return work_tree_->content(file); });
      }
    }
    copy.finish(snapshot_);
    snapshot_.whole = true;
    snapshot_.dirty = is_dirty;
  }

  // "" where none was given.
  fs::path store() const {
    const fs::path& store = options_.store();
    return store.empty() ? store : places_.folder / store;
  }

  ChosenFiles choose() {
    if (!options_.sources().empty()) {
      return named_files(options_.sources(), places_.base(), limits_);
    }
    if (!unreadable_.empty()) return code_files_below(unreadable_);
    std::error_code gone;
    if (!fs::exists(places_.source, gone)) return {};
    return {places_.base(), {places_.source.filename().string()}};
  }

  void copy_chosen_files() {
    limits_ = Limits(options_);
    ChosenFiles chosen = choose();
    CopyWriter copy(store(), limits_);
    for (const std::string& path : chosen.paths) {
      copy_file(copy, chosen.root, path);
    }
    if (copy.files().empty()) {
      add_problem("there is no source file to copy");
      return;
    }
    snapshot_.newer_sources =
        newer_sources(chosen.root, copy.files(), places_.program);
    copy.finish(snapshot_);
  }

  void copy_file(CopyWriter& copy,
                 const fs::path& root,
                 const std::string& path) {
    fs::path file = root / path;
    struct stat status;
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      limits_.leave_out(path, "not a regular file");
    } else if (limits_.accept(path, static_cast<uint64_t>(status.st_size))) {
      bool runs = (status.st_mode & S_IXUSR) != 0;
      copy.add(path, runs ? kProgramMode : kFileMode,
               [&] { return read_file(file); });
    }
  }

  const SnapshotOptions& options_;
  Limits limits_;
  Snapshot snapshot_;
  SourcePlaces places_;
  std::unique_ptr<WorkTree> work_tree_;
  fs::path unreadable_;  // a work tree that cannot be read
};

}  // namespace

Snapshot take_snapshot(const SnapshotOptions& options) {
  return Taker(options).take();
}

}  // namespace thexp
