#include "git_handles.h"

#include <fmt/format.h>

#include <cstdlib>

namespace thexp::git {

void fail(const std::string& what) {
  const git_error* error = git_error_last();
  bool is_known = error != nullptr && error->message != nullptr;
  throw GitError("cannot " + what + ": " +
                 (is_known ? error->message : "libgit2 does not say why"));
}

void check(int code, const std::string& what) {
  if (code < 0) fail(what);
}

std::string text_of(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(text, sizeof(text), &id);
}

git_oid id_of(const std::string& text) {
  git_oid id;
  if (git_oid_fromstr(&id, text.c_str()) < 0) {
    throw GitError("'" + text + "' is not the id of an object in git");
  }
  return id;
}

std::string mode_text(uint32_t mode) { return fmt::format("{:06o}", mode); }

uint32_t mode_number(const std::string& text) {
  return static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, 8));
}

}  // namespace thexp::git
