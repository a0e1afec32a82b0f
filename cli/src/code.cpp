#include "thexp/snapshot/code.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_code.h"
#include "thexp/base/error.h"
#include "thexp/base/shell.h"
#include "thexp/snapshot/snapshot.h"

namespace thexp::cli {
namespace {

struct CodeOptions {
  std::string workspace;
  std::string run;
  std::string extract;
  bool patch = false;
  bool json = false;
};

Snapshot snapshot_of(const RunRecord& run) {
  const Value* code = run.json.find("code");
  if (code != nullptr && !code->is_null()) return code_of(run);
  throw Error(fmt::format("the run {}/{} has no snapshot of its code",
                          run.experiment, run.id));
}

// What changed, or why that cannot be told.
struct Changes {
  std::vector<CodeChange> list;
  std::string problem;
};

Changes changes_of(const Snapshot& snapshot) {
  try {
    return {changes(snapshot), ""};
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

std::string row(const char* name, const std::string& text) {
  return text.empty() ? "" : fmt::format("{:12}{}\n", name, text);
}

std::string summary(const Snapshot& code) {
  bool is_git = !code.repository.empty();
  std::string commit = code.commit.empty() ? "none yet" : code.commit;
  std::string branch = code.branch.empty() ? "none (detached)" : code.branch;
  return row("kind", kind_name(code.kind)) +
         row("repository", code.repository) +
         row("branch", is_git ? branch : "") +
         row("commit", is_git ? commit : "") +
         row("dirty", is_git ? (code.dirty ? "yes" : "no") : "") +
         row("ref", code.ref) + row("snapshot", code.snapshot) +
         row("tree", code.tree) + row("store", code.store) +
         row("problem", code.problem);
}

std::string changes_text(const Changes& changes) {
  if (!changes.problem.empty()) return row("changes", changes.problem);
  std::string text = changes.list.empty() ? "" : "\nchanged since the commit\n";
  for (const CodeChange& change : changes.list) {
    text += fmt::format("  {:9} {}\n", change.what, change.path);
  }
  return text;
}

std::string files_text(const Snapshot& code) {
  std::string text = "\nfiles\n";
  for (const CodeFile& file : files(code)) text += "  " + file.path + "\n";
  return text;
}

std::string left_out_text(const Snapshot& code) {
  std::string text = code.left_out.empty() ? "" : "\nleft out\n";
  for (const LeftOutFile& file : code.left_out) {
    text += fmt::format("  {}: {}\n", file.path, file.why);
  }
  return text;
}

std::string newer_text(const Snapshot& code) {
  if (code.newer_sources.empty()) return "";
  std::string text = "\nchanged after the program was built\n";
  for (const std::string& path : code.newer_sources) text += "  " + path + "\n";
  return text;
}

std::string code_text(const Snapshot& code) {
  bool is_partial = code.kind == SnapshotKind::kCopy && !code.whole;
  std::string changed;
  if (is_partial) {
    changed = files_text(code);
  } else if (code.kind != SnapshotKind::kNone) {
    changed = changes_text(changes_of(code));
  }
  return summary(code) + changed + left_out_text(code) + newer_text(code);
}

Value changes_value(const Snapshot& code) {
  Changes found = changes_of(code);
  if (!found.problem.empty()) return {};
  Value::List list;
  for (const CodeChange& change : found.list) {
    list.push_back(Value::Dict{{"path", change.path}, {"what", change.what}});
  }
  return list;
}

std::string code_json(const RunRecord& run, const Snapshot& code) {
  Value json = Value::Dict{{"experiment", run.experiment}, {"id", run.id}};
  Value record = code.to_value();
  for (const auto& [key, value] : record.as_dict()) json[key] = value;
  json["changes"] = changes_value(code);
  return json.to_json(2) + "\n";
}

Output code(const CodeOptions& options) {
  RunRecord run = find_run(options.workspace, options.run);
  Snapshot snapshot = snapshot_of(run);
  if (options.patch) return {patch(snapshot)};
  if (!options.extract.empty()) {
    fs::path folder = expand_path(options.extract);
    extract(snapshot, folder);
    return {fmt::format("{}\n", folder.string())};
  }
  if (options.json) return {code_json(run, snapshot)};
  return {code_text(snapshot)};
}

}  // namespace

void add_code(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<CodeOptions>();
  CLI::App* code_app =
      app.add_subcommand("code", "show the code that a run was started from");
  code_app->add_option("run", options->run, kRunHelp)->required();
  code_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  CLI::Option* patch = code_app->add_flag(
      "--patch", options->patch,
      "print what was not committed, as a patch for git apply");
  CLI::Option* extract = code_app->add_option(
      "--extract", options->extract, "write all files into a new folder");
  CLI::Option* json = code_app->add_flag("--json", options->json, "print JSON");
  patch->excludes(extract)->excludes(json);
  extract->excludes(json);
  code_app->callback(
      [&chosen, options] { chosen = {[options] { return code(*options); }}; });
}

}  // namespace thexp::cli
