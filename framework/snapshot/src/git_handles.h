#pragma once

#include <git2.h>

#include <memory>
#include <string>

#include "thexp/base/error.h"

// libgit2's objects with owners, and its errors as exceptions.
namespace thexp::git {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

template <typename T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

using Repository = Handle<git_repository, git_repository_free>;
using Index = Handle<git_index, git_index_free>;
using Reference = Handle<git_reference, git_reference_free>;
using Commit = Handle<git_commit, git_commit_free>;
using Tree = Handle<git_tree, git_tree_free>;
using Blob = Handle<git_blob, git_blob_free>;
using Diff = Handle<git_diff, git_diff_free>;
using Odb = Handle<git_odb, git_odb_free>;
using Config = Handle<git_config, git_config_free>;
using Signature = Handle<git_signature, git_signature_free>;
using Filters = Handle<git_filter_list, git_filter_list_free>;
using Submodule = Handle<git_submodule, git_submodule_free>;

// git refused something.
class GitError : public Error {
 public:
  using Error::Error;
};

// "cannot <what>: <libgit2's message>"
[[noreturn]] void fail(const std::string& what);

// @throws GitError when `code`, libgit2's result, is an error.
void check(int code, const std::string& what);

// git2::f(&pointer, arguments…) as a handle: make<Tree>(git_tree_lookup, "…",
// …)
template <typename H, typename F, typename... Arguments>
H make(F function, const std::string& what, Arguments... arguments) {
  typename H::pointer raw = nullptr;
  check(function(&raw, arguments...), what);
  return H(raw);
}

// A buffer that libgit2 fills.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { git_buf_dispose(&buffer_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  git_buf* get() { return &buffer_; }
  std::string text() const { return {buffer_.ptr, buffer_.size}; }

 private:
  git_buf buffer_ = GIT_BUF_INIT;
};

std::string text_of(const git_oid& id);
git_oid id_of(const std::string& text);
// "100644", and back.
std::string mode_text(uint32_t mode);
uint32_t mode_number(const std::string& text);

}  // namespace thexp::git
