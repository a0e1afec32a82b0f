#pragma once

#include <functional>
#include <string>

#include "thexp/tracking/run_record.h"

namespace CLI {
class App;
}

namespace thexp::cli {

constexpr int kError = 1;
constexpr int kUsage = 2;

// What a command prints, and how the tool then ends.
struct Output {
  std::string text;
  int exit_code = 0;
};

// The command that was chosen, run after parsing. Errors are thexp::Error.
struct Command {
  std::function<Output()> run;
  int trouble = kError;  // the exit code when it throws
};

// Each adds one command with its options; when the command line asks for it,
// it becomes `chosen`.
void add_ls(CLI::App& app, Command& chosen);
void add_recent(CLI::App& app, Command& chosen);
void add_diff(CLI::App& app, Command& chosen);
void add_record(CLI::App& app, Command& chosen);
void add_title(CLI::App& app, Command& chosen);
void add_table(CLI::App& app, Command& chosen);
void add_metrics(CLI::App& app, Command& chosen);
void add_params(CLI::App& app, Command& chosen);
void add_path(CLI::App& app, Command& chosen);
void add_show(CLI::App& app, Command& chosen);
void add_log(CLI::App& app, Command& chosen);
void add_find(CLI::App& app, Command& chosen);
void add_ckpt(CLI::App& app, Command& chosen);
void add_code(CLI::App& app, Command& chosen);
void add_tag(CLI::App& app, Command& chosen);
void add_note(CLI::App& app, Command& chosen);
void add_describe(CLI::App& app, Command& chosen);
void add_rm(CLI::App& app, Command& chosen);
void add_restore(CLI::App& app, Command& chosen);
void add_gc(CLI::App& app, Command& chosen);
void add_export(CLI::App& app, Command& chosen);
void add_import(CLI::App& app, Command& chosen);
void add_init(CLI::App& app, Command& chosen);
void add_config(CLI::App& app, Command& chosen);
void add_tb(CLI::App& app, Command& chosen);
void add_completion(CLI::App& app, Command& chosen);
void add_man(CLI::App& app, Command& chosen);

}  // namespace thexp::cli
