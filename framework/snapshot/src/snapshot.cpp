#include "thexp/snapshot/snapshot.h"

#include <sys/stat.h>

#include <functional>

#include "code_files.h"
#include "code_store.h"
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

  void take_work_tree() {
    bool was_scanned = attempt([&] {
      work_tree_->describe(snapshot_);
      work_tree_->scan(folders_without_code(), limits_);
    });
    if (!was_scanned) {
      unreadable_ = snapshot_.repository;
      return;
    }
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
    std::vector<CodeFile> copies;
    CodeStore store = open_store();
    bool is_dirty = !limits_.nothing_left_out();
    for (const CodeFile& file : work_tree_->files()) {
      is_dirty = is_dirty || file.id.empty();
      CodeFile copy = file;
      if (file.mode != kSubmoduleMode) {
        std::optional<std::string> content =
            read([&] { return work_tree_->content(file); }, file.path);
        if (!content) continue;
        copy.id = store.put(*content);
        copy.bytes = content->size();
      }
      copies.push_back(std::move(copy));
    }
    finish_copy(store, std::move(copies));
    snapshot_.whole = true;
    snapshot_.dirty = is_dirty;
  }

  std::optional<std::string> read(const std::function<std::string()>& action,
                                  const std::string& path) {
    try {
      return action();
    } catch (const FileError& error) {
      limits_.leave_out(path, error.what());
      return std::nullopt;
    }
  }

  CodeStore open_store() const {
    if (options_.store().empty()) {
      throw UsageError("no folder was given for a copy of the code");
    }
    return CodeStore(places_.folder / options_.store());
  }

  void finish_copy(const CodeStore& store, std::vector<CodeFile> copies) {
    snapshot_.tree = store.put_tree(std::move(copies));
    snapshot_.store = (places_.folder / options_.store()).lexically_normal();
    snapshot_.kind = SnapshotKind::kCopy;
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
    ChosenFiles chosen = choose();
    if (chosen.paths.empty()) {
      add_problem("there is no source file to copy");
      return;
    }
    CodeStore store = open_store();
    std::vector<CodeFile> copies;
    for (const std::string& path : chosen.paths) {
      std::optional<CodeFile> copy = copy_file(store, chosen.root, path);
      if (copy) copies.push_back(std::move(*copy));
    }
    snapshot_.newer_sources =
        newer_sources(chosen.root, copies, places_.program);
    finish_copy(store, std::move(copies));
  }

  std::optional<CodeFile> copy_file(const CodeStore& store,
                                    const fs::path& root,
                                    const std::string& path) {
    fs::path file = root / path;
    struct stat status;
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      limits_.leave_out(path, "is no file");
      return std::nullopt;
    }
    if (!limits_.accept(path, static_cast<uint64_t>(status.st_size))) {
      return std::nullopt;
    }
    std::optional<std::string> content =
        read([&] { return read_file(file); }, path);
    if (!content) return std::nullopt;
    bool runs = (status.st_mode & S_IXUSR) != 0;
    return CodeFile{path, runs ? kProgramMode : kFileMode, store.put(*content),
                    content->size()};
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
