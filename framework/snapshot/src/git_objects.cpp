#include "git_objects.h"

#include <algorithm>

#include "git_handles.h"
#include "git_repository.h"

namespace thexp::git {
namespace {

Repository open(const Snapshot& where) {
  for (const std::string& folder : {where.git_folder, where.repository}) {
    if (folder.empty()) continue;
    Opened opened = open_at(folder);
    if (opened.repository) return std::move(opened.repository);
  }
  throw GitError("there is no repository in '" + where.repository +
                 "' any more: it has the code of the run");
}

Tree find_tree(git_repository* repository, const std::string& id) {
  git_oid oid = id_of(id);
  return make<Tree>(git_tree_lookup, "read the code", repository, &oid);
}

struct Listing {
  git_odb* odb;
  std::vector<CodeFile> files;
};

int add_entry(const char* folder, const git_tree_entry* entry, void* payload) {
  auto& listing = *static_cast<Listing*>(payload);
  const git_oid* id = git_tree_entry_id(entry);
  git_object_t type = git_tree_entry_type(entry);
  if (type == GIT_OBJECT_TREE) return 0;
  std::size_t bytes = 0;
  if (type == GIT_OBJECT_BLOB) {
    git_object_t ignored;
    int code = git_odb_read_header(&bytes, &ignored, listing.odb, id);
    if (code < 0) return code;
  }
  listing.files.push_back({std::string(folder) + git_tree_entry_name(entry),
                           mode_text(git_tree_entry_filemode(entry)),
                           text_of(*id), bytes});
  return 0;
}

std::vector<CodeFile> list(git_repository* repository, const std::string& id) {
  Tree tree = find_tree(repository, id);
  auto odb = make<Odb>(git_repository_odb, "read the objects", repository);
  Listing listing{odb.get(), {}};
  check(git_tree_walk(tree.get(), GIT_TREEWALK_PRE, add_entry, &listing),
        "list the code");
  std::sort(listing.files.begin(), listing.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return std::move(listing.files);
}

class TreeInGit : public CodeTree {
 public:
  TreeInGit(Repository repository, const std::string& id)
      : CodeTree(list(repository.get(), id)),
        repository_(std::move(repository)) {}

  std::string read(const CodeFile& file) const override {
    if (file.mode == kSubmoduleMode) return submodule_text(file.id);
    git_oid id = id_of(file.id);
    Blob blob = make<Blob>(git_blob_lookup, "read " + file.path,
                           repository_.get(), &id);
    return {static_cast<const char*>(git_blob_rawcontent(blob.get())),
            static_cast<std::size_t>(git_blob_rawsize(blob.get()))};
  }
  std::string_view id_kind() const override { return "git"; }

 private:
  Repository repository_;
};

}  // namespace

std::unique_ptr<CodeTree> open_tree(const Snapshot& where,
                                    const std::string& tree) {
  return std::make_unique<TreeInGit>(open(where), tree);
}

std::string tree_of_commit(const Snapshot& where, const std::string& commit) {
  Repository repository = open(where);
  git_oid id = id_of(commit);
  auto found =
      make<Commit>(git_commit_lookup, "read the commit", repository.get(), &id);
  return text_of(*git_commit_tree_id(found.get()));
}

std::string patch(const Snapshot& where,
                  const std::string& old_tree,
                  const std::string& new_tree) {
  Repository repository = open(where);
  Tree before =
      old_tree.empty() ? Tree() : find_tree(repository.get(), old_tree);
  Tree after = find_tree(repository.get(), new_tree);
  git_diff_options options;
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.flags = GIT_DIFF_SHOW_BINARY | GIT_DIFF_INCLUDE_TYPECHANGE;
  options.id_abbrev = GIT_OID_HEXSZ;  // git apply asks for whole ids
  options.old_prefix = "a";
  options.new_prefix = "b";
  auto diff = make<Diff>(git_diff_tree_to_tree, "compare the code",
                         repository.get(), before.get(), after.get(), &options);
  Buffer text;
  check(git_diff_to_buf(text.get(), diff.get(), GIT_DIFF_FORMAT_PATCH),
        "write the patch");
  return text.text();
}

void delete_ref(const Snapshot& where) {
  Repository repository = open(where);
  int code = git_reference_remove(repository.get(), where.ref.c_str());
  if (code != GIT_ENOTFOUND) check(code, "delete " + where.ref);
}

}  // namespace thexp::git
