#include <sys/stat.h>

#include <algorithm>

#include "git_changes.h"
#include "git_handles.h"
#include "git_repository.h"
#include "source_places.h"
#include "thexp/base/text.h"
#include "work_tree.h"

namespace thexp {
namespace git {
namespace {

bool lies_in(const fs::path& path, const fs::path& folder) {
  std::string below = path.lexically_relative(folder).generic_string();
  return below != ".." && !starts_with(below, "../");
}

class GitWorkTree : public WorkTree {
 public:
  explicit GitWorkTree(Opened opened)
      : repository_(std::move(opened.repository)),
        is_of_another_user_(opened.is_of_another_user),
        root_(git_repository_workdir(repository_.get())) {}

  void describe(Snapshot& snapshot) const override {
    snapshot.repository = without_slash(root_.string());
    snapshot.git_folder =
        without_slash(git_repository_commondir(repository_.get()));
    snapshot.branch = branch();
    git_oid head;
    if (find_head(head)) snapshot.commit = text_of(head);
  }

  bool ignores(const fs::path& file) const override {
    std::string path = file.lexically_relative(root_).generic_string();
    if (!lies_in(file, root_)) return false;
    int is_ignored = 0;
    check(git_ignore_path_is_ignored(&is_ignored, repository_.get(),
                                     path.c_str()),
          "ask whether " + path + " is ignored");
    if (is_ignored == 0) return false;
    Index index = open_index();
    return git_index_get_bypath(index.get(), path.c_str(), 0) == nullptr;
  }

  bool is_of_another_user() const override { return is_of_another_user_; }

  void scan(const std::vector<fs::path>& without, Limits& limits) override {
    index_ = open_index();
    changes_ = find_changes(repository_.get(), index_.get(), without, limits);
    files_ = list_files();
  }

  std::vector<CodeFile> files() const override { return files_; }

  std::string content(const CodeFile& file) const override {
    auto change = changes_.find(file.path);
    if (change != changes_.end() && !change->second.lfs_pointer.empty()) {
      return change->second.lfs_pointer;
    }
    if (file.id.empty()) {
      return file.mode == kLinkMode ? link_target(file.path)
                                    : filtered(file.path);
    }
    git_oid id = id_of(file.id);
    Blob blob = make<Blob>(git_blob_lookup, "read " + file.path,
                           repository_.get(), &id);
    return {static_cast<const char*>(git_blob_rawcontent(blob.get())),
            static_cast<std::size_t>(git_blob_rawsize(blob.get()))};
  }

  void write(Snapshot& snapshot,
             const std::string& message,
             Limits& limits) override {
    for (const auto& [path, change] : changes_) remove_if_gone(path, change);
    for (const auto& [path, change] : changes_) add(path, change, limits);
    git_oid tree;
    check(git_index_write_tree(&tree, index_.get()), "write the tree");
    snapshot.tree = text_of(tree);
    snapshot.dirty = snapshot.tree != head_tree() || !limits.nothing_left_out();
    snapshot.snapshot = text_of(commit(tree, snapshot.ref, message));
  }

 private:
  static std::string without_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
  }

  Index open_index() const {
    return make<Index>(git_repository_index, "read the index",
                       repository_.get());
  }

  // Also before the first commit; "" for a detached HEAD.
  std::string branch() const {
    Reference head = make<Reference>(git_reference_lookup, "read HEAD",
                                     repository_.get(), "HEAD");
    const char* target = git_reference_symbolic_target(head.get());
    constexpr std::string_view kBranches = "refs/heads/";
    std::string name = target != nullptr ? target : "";
    return starts_with(name, kBranches) ? name.substr(kBranches.size()) : name;
  }

  // False before the first commit.
  bool find_head(git_oid& id) const {
    int code = git_reference_name_to_id(&id, repository_.get(), "HEAD");
    if (code == GIT_ENOTFOUND) return false;
    check(code, "read HEAD");
    return true;
  }

  std::string head_tree() const {
    git_oid head;
    if (!find_head(head)) return "";
    return text_of(*git_commit_tree_id(find_commit(head).get()));
  }

  Commit find_commit(const git_oid& id) const {
    return make<Commit>(git_commit_lookup, "read the commit " + text_of(id),
                        repository_.get(), &id);
  }

  std::vector<CodeFile> list_files() const {
    std::vector<CodeFile> files;
    std::size_t count = git_index_entrycount(index_.get());
    for (std::size_t i = 0; i < count; ++i) {
      const git_index_entry* entry = git_index_get_byindex(index_.get(), i);
      bool is_changed = changes_.count(entry->path) > 0;
      if (is_changed || git_index_entry_stage(entry) != 0) continue;
      files.push_back(
          {entry->path, mode_text(entry->mode), text_of(entry->id), 0});
    }
    for (const auto& [path, change] : changes_) {
      if (change.mode == 0) continue;
      files.push_back({path, mode_text(change.mode), change.submodule, 0});
    }
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return files;
  }

  std::string link_target(const std::string& path) const {
    std::error_code error;
    fs::path target = fs::read_symlink(root_ / path, error);
    if (error) throw FileError::cannot_read(root_ / path, error.value());
    return target.string();
  }

  // With git's own line ends; no program is run.
  std::string filtered(const std::string& path) const {
    Filters filters = make<Filters>(git_filter_list_load, "read " + path,
                                    repository_.get(), nullptr, path.c_str(),
                                    GIT_FILTER_TO_ODB, GIT_FILTER_ALLOW_UNSAFE);
    if (!filters) return read_file(root_ / path);
    Buffer buffer;
    if (git_filter_list_apply_to_file(buffer.get(), filters.get(),
                                      repository_.get(), path.c_str()) < 0) {
      throw FileError("cannot read '" + (root_ / path).string() +
                      "': " + git_error_last()->message);
    }
    return buffer.text();
  }

  // Into the index in memory: the file .git/index stays as it is.
  void remove_if_gone(const std::string& path, const Change& change) {
    if (change.mode != 0) return;
    check(git_index_remove_bypath(index_.get(), path.c_str()),
          "take out " + path);
  }

  void add(const std::string& path, const Change& change, Limits& limits) {
    if (change.mode == 0) return;
    git_index_entry entry = {};
    entry.path = path.c_str();
    entry.mode = change.mode;
    if (!change.submodule.empty()) {
      entry.id = id_of(change.submodule);
    } else if (!add_blob(entry, path, limits)) {
      return;
    }
    git_index_conflict_remove(index_.get(), path.c_str());
    check(git_index_add(index_.get(), &entry), "add " + path);
  }

  bool add_blob(git_index_entry& entry,
                const std::string& path,
                Limits& limits) {
    std::string text;
    try {
      text = content({path, mode_text(entry.mode), "", 0});
    } catch (const FileError& error) {
      limits.leave_out(path, error.what());
      return false;
    }
    check(git_blob_create_from_buffer(&entry.id, repository_.get(), text.data(),
                                      text.size()),
          "store " + path);
    return true;
  }

  // A run that goes on with the same code has its commit already. With other
  // code, the earlier snapshot becomes a second parent, and stays reachable.
  git_oid commit(const git_oid& tree_id,
                 const std::string& ref,
                 const std::string& message) {
    std::vector<Commit> parents;
    git_oid head, earlier;
    if (find_head(head)) parents.push_back(find_commit(head));
    if (git_reference_name_to_id(&earlier, repository_.get(), ref.c_str()) ==
        0) {
      Commit before = find_commit(earlier);
      if (is_same(*before, tree_id, parents)) return earlier;
      parents.push_back(std::move(before));
    }
    return write_commit(tree_id, ref, message, parents);
  }

  static bool is_same(const git_commit& commit,
                      const git_oid& tree,
                      const std::vector<Commit>& parents) {
    if (!git_oid_equal(git_commit_tree_id(&commit), &tree)) return false;
    if (parents.empty()) return git_commit_parentcount(&commit) == 0;
    return git_commit_parentcount(&commit) > 0 &&
           git_oid_equal(git_commit_parent_id(&commit, 0),
                         git_commit_id(parents[0].get()));
  }

  git_oid write_commit(const git_oid& tree_id,
                       const std::string& ref,
                       const std::string& message,
                       const std::vector<Commit>& parents) {
    git_repository* repository = repository_.get();
    auto author = make<Signature>(git_signature_now, "make a signature",
                                  "thexp", "thexp@localhost");
    auto tree =
        make<Tree>(git_tree_lookup, "read the tree", repository, &tree_id);
    std::vector<const git_commit*> raw;
    for (const Commit& parent : parents) raw.push_back(parent.get());
    git_oid id;
    check(git_commit_create(&id, repository, nullptr, author.get(),
                            author.get(), nullptr, message.c_str(), tree.get(),
                            raw.size(), raw.data()),
          "write the commit");
    make<Reference>(git_reference_create, "write " + ref, repository,
                    ref.c_str(), &id, 1, "thexp: code of a run");
    return id;
  }

  Repository repository_;
  bool is_of_another_user_;
  fs::path root_;
  Index index_;
  Changes changes_;
  std::vector<CodeFile> files_;
};

// Of a worktree or submodule, ".git" is a file that names a folder.
void require_no_lost_worktree(const fs::path& folder) {
  fs::path root = folder_with_git(folder);
  if (root.empty() || !fs::is_regular_file(root / ".git")) return;
  throw GitError("cannot open the repository of '" + root.string() +
                 "': its file .git leads nowhere");
}

}  // namespace
}  // namespace git

std::unique_ptr<WorkTree> open_work_tree(const fs::path& folder) {
  git::Opened opened = git::open_above(folder);
  git_repository* repository = opened.repository.get();
  if (repository == nullptr) {
    git::require_no_lost_worktree(folder);
    return nullptr;
  }
  const char* root = git_repository_workdir(repository);
  if (root == nullptr) return nullptr;  // a bare one
  // From inside ".git", too, the repository is found.
  bool is_inside = git::lies_in(folder, root) &&
                   !git::lies_in(folder, git_repository_path(repository));
  if (!is_inside) return nullptr;
  return std::make_unique<git::GitWorkTree>(std::move(opened));
}

}  // namespace thexp
