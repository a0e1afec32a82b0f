#include "man_page.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands.h"
#include "thexp/base/text.h"

namespace thexp::cli {
namespace {

// A dot or a quote at the beginning of a line would be a request, and a plain
// '-' would become a hyphen, which nobody can paste.
std::string roff(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  bool is_request =
      !escaped.empty() && (escaped[0] == '.' || escaped[0] == '\'');
  return (is_request ? "\\&" : "") + escaped;
}

std::string upper(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string usage_of(const CLI::Option& option) {
  std::string name = upper(option.get_name(/*positional=*/true));
  if (option.get_items_expected_max() > 1) name += "...";
  return option.get_required() ? " " + name : " [" + name + "]";
}

std::string names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) {
    names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    names.push_back("--" + name);
  }
  std::string text = join(names, ", ");
  bool takes_value = option.get_items_expected_max() > 0;
  if (takes_value && !option.get_lnames().empty()) {
    text += " " + upper(option.get_lnames()[0]);
  }
  return text;
}

std::string item(const std::string& title, const std::string& text) {
  return ".TP\n.B " + roff(title) + "\n" + roff(text) + "\n";
}

std::string command_text(const CLI::App& app, const std::string& path) {
  std::string usage = path;
  std::string items;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      usage += usage_of(*option);
      items += item(upper(option->get_name(true)), option->get_description());
    }
  }
  for (const CLI::Option* option : app.get_options()) {
    bool is_shown = !option->get_positional() && !option->check_name("--help");
    if (is_shown) items += item(names_of(*option), option->get_description());
  }
  std::string text =
      ".SS " + roff(usage) + "\n" + roff(app.get_description()) + ".\n" + items;
  for (const CLI::App* inner : app.get_subcommands(nullptr)) {
    text += command_text(*inner, path + " " + inner->get_name());
  }
  return text;
}

constexpr const char* kHead =
    ".TH THEXP 1 \"\" \"thexp " THEXP_VERSION
    "\" \"User Commands\"\n"
    ".SH NAME\n"
    "thexp \\- find, compare and look after the runs of training programs\n"
    ".SH SYNOPSIS\n"
    ".B thexp\n"
    "COMMAND [ARGUMENT...] [OPTION...]\n"
    ".SH DESCRIPTION\n"
    "Training programs that are made with thexp keep each run in a folder of "
    "plain files,\n"
    ".IR WORKSPACE / EXPERIMENT / ID .\n"
    "This tool reads these folders. Every listing can be printed as JSON.\n"
    ".SH COMMANDS\n";

constexpr const char* kTail =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nThe command did what it says.\n"
    ".TP\n.B 1\nAn error: no such run, a file that cannot be read. Of\n"
    ".BR \"ckpt diff\" :\nthe files differ.\n"
    ".TP\n.B 2\nWrong usage. Of\n.BR \"ckpt diff\" :\nany error.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B THEXP_WORKSPACE\nThe folder of all experiments, in place of "
    "./runs.\n"
    ".TP\n.B THEXP_HOME\nThe folder of your globals and of the runs that are "
    "known, in place of ~/.thexp.\n"
    ".SH FILES\n"
    ".TP\n.I ~/.thexp/config.yaml\nYour globals.\n"
    ".TP\n.I .thexp/config.yaml\nThe globals of a project, which count first.\n"
    ".TP\n.I runs/.trash\nThe runs that were removed.\n";

}  // namespace

std::string man_page(const CLI::App& app) {
  std::string text = kHead;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    bool is_hidden = command->get_group().empty();
    if (!is_hidden) {
      text += command_text(*command, "thexp " + command->get_name());
    }
  }
  return text + kTail;
}

void add_man(CLI::App& app, Command& chosen) {
  CLI::App* man_app =
      app.add_subcommand("man", "print the manual page (thexp man | man -l -)");
  man_app->callback(
      [&chosen, &app] { chosen = {[&app] { return Output{man_page(app)}; }}; });
}

}  // namespace thexp::cli
