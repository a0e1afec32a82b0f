#include "code_store.h"
#include "thexp/base/error.h"
#include "thexp/snapshot/snapshot.h"

namespace thexp {
namespace {

std::string text_at(const Value& value, const char* key) {
  const Value* found = value.find(key);
  return found != nullptr && found->is_text() ? found->as_text() : "";
}

bool bool_at(const Value& value, const char* key) {
  const Value* found = value.find(key);
  return found != nullptr && found->is_bool() && found->as_bool();
}

const Value::List& list_at(const Value& value, const char* key) {
  static const Value::List kEmpty;
  const Value* found = value.find(key);
  return found != nullptr && found->is_list() ? found->as_list() : kEmpty;
}

SnapshotKind kind_of(const std::string& name) {
  for (SnapshotKind kind : {SnapshotKind::kGit, SnapshotKind::kCopy}) {
    if (name == kind_name(kind)) return kind;
  }
  return SnapshotKind::kNone;
}

Value left_out_value(const std::vector<LeftOutFile>& files) {
  Value::List list;
  for (const LeftOutFile& file : files) {
    list.push_back(Value::Dict{{"path", file.path}, {"why", file.why}});
  }
  return list;
}

Value text_or_null(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}

// The store that has the copy: a workspace may have been moved.
std::string store_with(const std::string& tree,
                       const fs::path& near,
                       const std::string& recorded) {
  try {
    if (!near.empty() && CodeStore(near).has_tree(tree)) return near.string();
  } catch (const FormatError&) {
    // No id of a copy: reading it will say so.
  }
  return recorded;
}

}  // namespace

const char* kind_name(SnapshotKind kind) {
  switch (kind) {
    case SnapshotKind::kGit:
      return "git";
    case SnapshotKind::kCopy:
      return "copy";
    case SnapshotKind::kNone:
      break;
  }
  return "none";
}

Value Snapshot::to_value() const {
  return Value::Dict{{"kind", kind_name(kind)},
                     {"repository", text_or_null(repository)},
                     {"git_folder", text_or_null(git_folder)},
                     {"branch", text_or_null(branch)},
                     {"commit", text_or_null(commit)},
                     {"dirty", dirty},
                     {"ref", text_or_null(ref)},
                     {"snapshot", text_or_null(snapshot)},
                     {"tree", text_or_null(tree)},
                     {"store", text_or_null(store)},
                     {"whole", whole},
                     {"left_out", left_out_value(left_out)},
                     {"newer_sources",
                      Value::List(newer_sources.begin(), newer_sources.end())},
                     {"problem", text_or_null(problem)}};
}

Snapshot Snapshot::from_value(const Value& value, const fs::path& store) {
  Snapshot read;
  read.kind = kind_of(text_at(value, "kind"));
  read.repository = text_at(value, "repository");
  read.git_folder = text_at(value, "git_folder");
  read.branch = text_at(value, "branch");
  read.commit = text_at(value, "commit");
  read.dirty = bool_at(value, "dirty");
  read.ref = text_at(value, "ref");
  read.snapshot = text_at(value, "snapshot");
  read.tree = text_at(value, "tree");
  read.whole = bool_at(value, "whole");
  read.problem = text_at(value, "problem");
  for (const Value& file : list_at(value, "left_out")) {
    read.left_out.push_back({text_at(file, "path"), text_at(file, "why")});
  }
  for (const Value& path : list_at(value, "newer_sources")) {
    if (path.is_text()) read.newer_sources.push_back(path.as_text());
  }
  read.store = read.kind == SnapshotKind::kCopy
                   ? store_with(read.tree, store, text_at(value, "store"))
                   : text_at(value, "store");
  return read;
}

}  // namespace thexp
