#include "git_repository.h"

#include <mutex>
#include <string>
#include <string_view>

#include "source_places.h"

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

struct SafeSearch {
  std::string folder;
  bool found = false;
};

// An empty value takes back those before it.
int look_at_safe_folder(const git_config_entry* entry, void* payload) {
  auto& search = *static_cast<SafeSearch*>(payload);
  fs::path value = fs::path(entry->value) / "";
  if (std::string_view(entry->value).empty()) {
    search.found = false;
  } else if (value == "*/" || value == fs::path(search.folder) / "") {
    search.found = true;
  }
  return 0;
}

// Whether git's safe.directory, in the user's or the system's configuration,
// lists it. libgit2 1.5 does not find it there.
bool is_called_safe(git_repository* repository) {
  const char* root = git_repository_workdir(repository);
  SafeSearch search;
  search.folder = root != nullptr ? root : git_repository_path(repository);
  auto config = make<Config>(git_config_open_default, "read git's settings");
  int code = git_config_get_multivar_foreach(
      config.get(), "safe.directory", nullptr, look_at_safe_folder, &search);
  if (code != GIT_ENOTFOUND) check(code, "read safe.directory");
  return search.found;
}

bool has_git(const fs::path& folder) {
  return !folder_with_git(folder).empty();
}

Opened open(const fs::path& folder, unsigned flags) {
  begin_library();
  git_repository* raw = nullptr;
  Opened opened;
  int code = git_repository_open_ext(&raw, folder.c_str(), flags, nullptr);
  // libgit2 1.5 says "not found" where no directory is configured as safe.
  bool may_be_refused = code == GIT_ENOTFOUND && has_git(folder);
  if (code == GIT_EOWNER || may_be_refused) {
    AnyOwner any;
    code = git_repository_open_ext(&raw, folder.c_str(), flags, nullptr);
    opened.repository.reset(raw);
    opened.is_of_another_user = code == 0 && !is_called_safe(raw);
  } else {
    opened.repository.reset(raw);
  }
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
