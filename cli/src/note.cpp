#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>
#include <vector>

#include "commands.h"
#include "find_run.h"
#include "run_text.h"
#include "thexp/base/text.h"
#include "thexp/experiments/labels.h"

namespace thexp::cli {
namespace {

struct NoteOptions {
  std::string workspace;
  std::string run;
  std::vector<std::string> words;
  bool json = false;
};

std::string standard_input() {
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

std::string text_of(const std::vector<std::string>& words) {
  bool from_input = words.size() == 1 && words[0] == "-";
  return trim(from_input ? standard_input() : join(words, " "));
}

Output note(const NoteOptions& options) {
  RunRecord run = find_run_here(options.workspace, options.run);
  if (!options.words.empty()) {
    Labels labels = thexp::add_note(run.path, text_of(options.words));
    if (options.json) return {notes_json(labels).to_json(2) + "\n"};
    return {
        fmt::format("{}: {}", name_of(run), note_line(labels.notes.back()))};
  }
  Labels labels = read_labels(run.path);
  if (options.json) return {notes_json(labels).to_json(2) + "\n"};
  if (labels.notes.empty()) return {name_of(run) + ": no notes\n"};
  std::string text;
  for (const Note& one : labels.notes) text += note_line(one);
  return {text};
}

}  // namespace

void add_note(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<NoteOptions>();
  CLI::App* note_app = app.add_subcommand(
      "note", "add a note to a run; without TEXT: print its notes");
  note_app->add_option("run", options->run, kRunHelp)->required();
  note_app->add_option("text", options->words,
                       "the note; - takes it from standard input");
  note_app->add_option("--workspace", options->workspace, kWorkspaceHelp);
  note_app->add_flag("--json", options->json, "print its notes as JSON");
  note_app->callback(
      [&chosen, options] { chosen = {[options] { return note(*options); }}; });
}

}  // namespace thexp::cli
