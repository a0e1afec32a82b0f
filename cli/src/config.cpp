#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "commands.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/experiments/globals.h"

namespace thexp::cli {
namespace {

struct ConfigOptions {
  std::string name;
  std::string text;
  std::string unset;
  bool has_text = false;
  bool list = false;
  bool global = false;
  bool local = false;
  bool json = false;

  GlobalLevel level() const {
    return local ? GlobalLevel::kLocal : GlobalLevel::kGlobal;
  }
};

Value json_of(const GlobalEntry& entry) {
  return Value::Dict{{"name", entry.name},
                     {"text", entry.text},
                     {"level", level_name(entry.level)},
                     {"file", entry.file.string()},
                     {"line", entry.line},
                     {"counts", entry.counts}};
}

std::string line_of(const GlobalEntry& entry) {
  return fmt::format("{} = {}  ({}, {}:{}{})\n", entry.name, entry.text,
                     level_name(entry.level), entry.file.string(), entry.line,
                     entry.counts ? "" : "; the local one counts");
}

bool is_listed(const ConfigOptions& options, const GlobalEntry& entry) {
  bool any_level = options.global == options.local;
  return any_level || entry.level == options.level();
}

Output list(const ConfigOptions& options) {
  std::string text;
  Value json = Value::List{};
  for (const GlobalEntry& entry : globals().list()) {
    if (!is_listed(options, entry)) continue;
    text += line_of(entry);
    json.as_list().push_back(json_of(entry));
  }
  if (options.json) return {json.to_json(2) + "\n"};
  return {text.empty() ? "no globals are set; thexp config --global NAME VALUE "
                         "sets one\n"
                       : text};
}

Output print(const ConfigOptions& options) {
  if (!options.json) return {globals()[options.name] + "\n"};
  return {Value(globals()[options.name]).to_json() + "\n"};
}

// Without a level: the one that counts.
GlobalLevel level_to_unset(const ConfigOptions& options) {
  if (options.global || options.local) return options.level();
  GlobalLevel level = GlobalLevel::kGlobal;
  for (const GlobalEntry& entry : globals().list()) {
    if (entry.name == options.unset && entry.counts) level = entry.level;
  }
  return level;
}

Output unset(const ConfigOptions& options) {
  GlobalLevel level = level_to_unset(options);
  globals().unset(level, options.unset);
  return {fmt::format("{} is no longer set in {}\n", options.unset,
                      globals().file(level).string())};
}

Output set(const ConfigOptions& options) {
  globals().set(options.level(), options.name, options.text);
  return {fmt::format("{} = {}  ({}, {})\n", options.name, options.text,
                      level_name(options.level()),
                      globals().file(options.level()).string())};
}

Output config(const ConfigOptions& options) {
  if (!options.unset.empty()) return unset(options);
  if (options.has_text) return set(options);
  return options.name.empty() ? list(options) : print(options);
}

void check(const ConfigOptions& options) {
  if (options.has_text && options.global == options.local) {
    throw CLI::ValidationError(
        "config NAME VALUE",
        options.global ? "either --global or --local"
                       : "say whose it is: --global (yours, everywhere) or "
                         "--local (this project's)");
  }
  bool asks_twice =
      (options.list || !options.unset.empty()) && !options.name.empty();
  if (asks_twice) {
    throw CLI::ValidationError(options.list ? "--list" : "--unset",
                               "takes no further NAME");
  }
}

}  // namespace

void add_config(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ConfigOptions>();
  CLI::App* config_app = app.add_subcommand(
      "config", "globals, such as the folder of your data sets");
  config_app->add_option("name", options->name, "print this one");
  CLI::Option* text =
      config_app->add_option("value", options->text, "and give it this text");
  config_app->add_flag("-l,--list", options->list, "list all (the default)");
  config_app->add_flag("--global", options->global,
                       "your own, in every project");
  config_app->add_flag("--local", options->local,
                       "of the project that thexp init made");
  config_app->add_option("-u,--unset", options->unset, "remove this one");
  config_app->add_flag("--json", options->json, "print JSON");
  config_app->callback([&chosen, options, text] {
    options->has_text = text->count() > 0;
    check(*options);
    chosen = {[options] { return config(*options); }};
  });
}

void add_init(CLI::App& app, Command& chosen) {
  CLI::App* init_app =
      app.add_subcommand("init", "make this folder a project with globals");
  init_app->callback([&chosen] {
    chosen = {[] {
      bool is_new = find_project(fs::current_path()) != fs::current_path();
      fs::path file = init_project(fs::current_path());
      return Output{fmt::format(
          "{} {}\n", is_new ? "made" : "is there already:", file.string())};
    }};
  });
}

}  // namespace thexp::cli
