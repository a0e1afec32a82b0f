#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "commands.h"
#include "find_run.h"
#include "follow_log.h"
#include "thexp/base/error.h"
#include "thexp/tracking/marked_line.h"

namespace thexp::cli {
namespace {

struct LogOptions {
  std::string workspace;
  std::string run;
  bool follow = false;
  bool no_frames = false;
  std::optional<int64_t> lines;
};

std::string last_lines(const std::string& text, int64_t count) {
  std::size_t at = text.size();
  for (int64_t i = 0; i <= count && at != std::string::npos; ++i) {
    if (at == 0) return text;
    at = text.rfind('\n', at - 1);
  }
  return at == std::string::npos ? text : text.substr(at + 1);
}

Output log(const LogOptions& options) {
  RunRecord run = find_run(options.workspace, options.run);
  if (!fs::exists(run.path / "console.log") && !options.follow) {
    throw FileError("the run has no console.log: " + run.path.string());
  }
  LogReader reader(run.path);
  std::string text = reader.read_more();
  if (options.no_frames) text = without_marked_lines(text);
  if (options.lines) text = last_lines(text, *options.lines);
  if (!options.follow) return {text};
  int code = follow_log(run.path, std::move(text), reader, !options.no_frames);
  return {"", code};
}

}  // namespace

void add_log(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<LogOptions>();
  CLI::App* log_app = app.add_subcommand("log", "print a run's console.log");
  log_app->add_option("run", options->run, kRunHelp)->required();
  log_app->add_flag("-f,--follow", options->follow,
                    "go on until the run has ended, also after a resume");
  log_app
      ->add_option("-n,--lines", options->lines, "begin with the last N lines")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            bool is_one =
                text.find_first_not_of("0123456789") == std::string::npos;
            return is_one ? "" : "'" + text + "' is not a number of lines";
          },
          "N"));
  log_app->add_flag("--no-frames", options->no_frames,
                    "leave out the lines that say where an epoch stands (~)");
  log_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  log_app->callback(
      [&chosen, options] { chosen = {[options] { return log(*options); }}; });
}

}  // namespace thexp::cli
