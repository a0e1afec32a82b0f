#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/hash.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"

namespace thexp::cli {
namespace {

struct TbOptions {
  std::string workspace;
  std::vector<std::string> runs;
  int port = 0;
  bool print = false;
};

std::vector<RunRecord> find_runs(const TbOptions& options) {
  std::vector<RunRecord> runs;
  for (const std::string& name : options.runs) {
    runs.push_back(find_run(options.workspace, name));
  }
  return runs;
}

// One of this user's, which nobody else can put links into.
fs::path private_folder() {
  fs::path folder = fs::temp_directory_path() /
                    fmt::format("thexp-tb-{}", static_cast<long>(::getuid()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw FileError::cannot_create_folder(folder, errno);
  }
  struct stat status;
  bool is_ours = ::lstat(folder.c_str(), &status) == 0 &&
                 S_ISDIR(status.st_mode) && status.st_uid == ::getuid();
  if (is_ours) return folder;
  throw FileError(fmt::format(
      "'{}' is not your folder: TMPDIR can name another one's parent",
      folder.string()));
}

std::string key_of(const std::vector<RunRecord>& runs) {
  uint64_t hash = 0;
  for (const RunRecord& run : runs) {
    hash = combine64(hash, hash64(fs::absolute(run.path).string()));
  }
  return hex64(hash);
}

// A folder of links "experiment/id", which TensorBoard takes for its runs'
// names. The same runs have the same folder, so that few pile up.
fs::path link_runs(const std::vector<RunRecord>& runs) {
  fs::path folder = private_folder() / key_of(runs);
  for (const RunRecord& run : runs) {
    fs::path link = folder / run.experiment / run.id;
    make_directories(link.parent_path());
    std::error_code error;
    fs::create_directory_symlink(fs::canonical(run.path), link, error);
    if (error && error != std::errc::file_exists) {
      throw FileError::system("cannot link", link, error.value());
    }
  }
  return folder;
}

std::vector<std::string> command_of(const fs::path& folder, int port) {
  std::vector<std::string> words = {"tensorboard", "--logdir", folder.string()};
  if (port != 0) {
    words.push_back("--port");
    words.push_back(std::to_string(port));
  }
  return words;
}

std::string line_of(const std::vector<std::string>& words) {
  std::vector<std::string> typed;
  for (const std::string& word : words) typed.push_back(shell_word(word));
  return join(typed, " ") + "\n";
}

// Becomes that program; comes back only where there is none.
void become(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  if (errno == ENOENT) return;
  throw FileError::system("cannot start", words[0], errno);
}

Output tb(const TbOptions& options) {
  std::vector<std::string> command =
      command_of(link_runs(find_runs(options)), options.port);
  if (options.print) return {line_of(command)};
  become(command);
  return {
      "TensorBoard is not installed (pip install tensorboard). Where it is, "
      "this shows the runs:\n" +
      line_of(command)};
}

}  // namespace

void add_tb(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<TbOptions>();
  CLI::App* tb_app = app.add_subcommand(
      "tb", "compare runs in TensorBoard, where it is there");
  tb_app->add_option("runs", options->runs, kRunHelp)->required();
  tb_app->add_option("--port", options->port, "of its server")
      ->check(CLI::Range(1, 65535));
  tb_app->add_flag("--print", options->print, "print the command alone");
  tb_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  tb_app->callback(
      [&chosen, options] { chosen = {[options] { return tb(*options); }}; });
}

}  // namespace thexp::cli
