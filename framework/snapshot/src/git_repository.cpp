#include "git_repository.h"

#include <mutex>

namespace thexp::git {
namespace {

// Extensions that change nothing of what is read here: settings of one
// worktree, and objects that may have to be fetched (a missing one is an
// error).
void begin_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    check(git_libgit2_init(), "start libgit2");
    const char* extensions[] = {"noop", "worktreeconfig", "partialclone"};
    check(git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
                           std::size(extensions)),
          "set libgit2's extensions");
  });
}

// libgit2 asks whose a repository is, for settings of a stranger can name
// programs; none is run here. The switch is one for the whole process.
class AnyOwner {
 public:
  AnyOwner() : lock_(mutex()) {
    git_libgit2_opts(GIT_OPT_GET_OWNER_VALIDATION, &before_);
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  }
  ~AnyOwner() { git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, before_); }
  AnyOwner(const AnyOwner&) = delete;
  AnyOwner& operator=(const AnyOwner&) = delete;

 private:
  static std::mutex& mutex() {
    static std::mutex all;
    return all;
  }

  std::lock_guard<std::mutex> lock_;
  int before_ = 1;
};

Opened open(const fs::path& folder, unsigned flags) {
  begin_library();
  git_repository* raw = nullptr;
  Opened opened;
  int code = git_repository_open_ext(&raw, folder.c_str(), flags, nullptr);
  // libgit2 1.5 says "not found" where no directory is configured as safe.
  if (code == GIT_EOWNER || code == GIT_ENOTFOUND) {
    AnyOwner any;
    code = git_repository_open_ext(&raw, folder.c_str(), flags, nullptr);
    opened.is_of_another_user = code == 0;
  }
  opened.repository.reset(raw);
  if (code != GIT_ENOTFOUND) {
    check(code, "open the repository of '" + folder.string() + "'");
  }
  return opened;
}

}  // namespace

Opened open_above(const fs::path& folder) { return open(folder, 0); }

Opened open_at(const fs::path& folder) {
  return open(folder, GIT_REPOSITORY_OPEN_NO_SEARCH);
}

}  // namespace thexp::git
