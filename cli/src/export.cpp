#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "commands.h"
#include "find_run.h"
#include "run_code.h"
#include "run_text.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/names.h"
#include "thexp/base/plural.h"
#include "thexp/base/shell.h"
#include "thexp/experiments/run_archive.h"
#include "thexp/snapshot/code.h"
#include "trash_text.h"

namespace thexp::cli {
namespace {

struct ExportCommand {
  std::string workspace;
  std::string run;
  std::string file;
  bool force = false;
};

// A folder that is there as long as this.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "thexp-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw FileError::cannot_create_folder(name, errno);
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;  // the system empties that place
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The run's code in a folder; "" where it has none, or `problem` says why.
fs::path extract_code(const RunRecord& run,
                      const ScratchFolder& scratch,
                      std::string& problem) {
  Snapshot code = code_of(run);
  if (code.kind == SnapshotKind::kNone) return {};
  try {
    extract(code, scratch.path() / "code");
    return scratch.path() / "code";
  } catch (const Error& error) {
    problem = fmt::format("without its code: {}\n", error.what());
    return {};
  }
}

// No file of somebody's is lost, and no folder made that was mistyped.
void require_new(const fs::path& file, bool force) {
  if (fs::exists(file) && !force) {
    throw UsageError(fmt::format("'{}' is there already; --force replaces it",
                                 file.string()));
  }
  fs::path folder = fs::absolute(file).parent_path();
  if (fs::is_directory(folder)) return;
  throw UsageError(fmt::format("there is no folder '{}'", folder.string()));
}

Output export_one(const ExportCommand& command) {
  RunRecord run = find_run(command.workspace, command.run);
  fs::path file = expand_path(command.file);
  require_new(file, command.force);
  ScratchFolder scratch;
  std::string problem;
  fs::path code = extract_code(run, scratch, problem);
  ExportedRun packed =
      export_run(run, file, ExportOptions().running(command.force).code(code));
  std::string text = fmt::format(
      "{} is in {} ({}, {}; packed {})\n", name_of(run), file.string(),
      plural(static_cast<int64_t>(packed.files), "file"),
      size_text(packed.bytes), size_text(fs::file_size(file)));
  if (!packed.left_out.empty()) {
    text += "left out, as they are links out of the run or special files: " +
            list_some(packed.left_out) + "\n";
  }
  return {text + problem};
}

}  // namespace

void add_export(CLI::App& app, Command& chosen) {
  auto command = std::make_shared<ExportCommand>();
  CLI::App* export_app =
      app.add_subcommand("export", "pack a run into one file, to hand on");
  export_app->add_option("run", command->run, kRunHelp)->required();
  export_app->add_option("file", command->file, "NAME.tar.zst, .tar.gz or .tar")
      ->required();
  export_app->add_flag("--force", command->force,
                       "also one that is running, as it is now; replace FILE");
  export_app->add_option("--workspace", command->workspace, kWorkspaceHelp);
  export_app->callback([&chosen, command] {
    chosen = {[command] { return export_one(*command); }};
  });
}

}  // namespace thexp::cli
