#include "completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "commands.h"
#include "find_run.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/experiments/globals.h"
#include "thexp/experiments/trash.h"
#include "thexp/tracking/workspace.h"

namespace thexp::cli {
namespace {

using Names = std::vector<std::string>;

// The command line up to the word that is asked for.
struct Line {
  const CLI::App* app;
  std::string workspace;
  const CLI::Option* pending = nullptr;  // an option that awaits its value
  std::size_t positionals = 0;
  bool options_ended = false;  // by "--"
};

const CLI::App* subcommand_of(const CLI::App* app, const std::string& name) {
  for (const CLI::App* one : app->get_subcommands(nullptr)) {
    if (one->get_name() == name) return one;
  }
  return nullptr;
}

const CLI::Option* option_of(const CLI::App* app, const std::string& name) {
  for (const CLI::Option* one : app->get_options()) {
    if (one->check_name(name)) return one;
  }
  return nullptr;
}

void take_option(Line& line, const std::string& word) {
  std::size_t equals = word.find('=');
  const CLI::Option* option = option_of(line.app, word.substr(0, equals));
  bool takes_value = option != nullptr && option->get_items_expected_max() > 0;
  if (!takes_value) return;
  if (equals == std::string::npos) {
    line.pending = option;
  } else if (option->check_lname("workspace")) {
    line.workspace = word.substr(equals + 1);
  }
}

void take(Line& line, const std::string& word) {
  if (line.pending != nullptr) {
    if (line.pending->check_lname("workspace")) line.workspace = word;
    line.pending = nullptr;
    return;
  }
  if (word == "--") {
    line.options_ended = true;
    return;
  }
  if (starts_with(word, "-") && word != "-" && !line.options_ended) {
    return take_option(line, word);
  }
  const CLI::App* inner = subcommand_of(line.app, word);
  if (inner != nullptr && line.positionals == 0) {
    line.app = inner;
  } else {
    ++line.positionals;
  }
}

Names commands_of(const CLI::App* app) {
  Names names;
  for (const CLI::App* one : app->get_subcommands(nullptr)) {
    if (!one->get_group().empty()) names.push_back(one->get_name());
  }
  return names;
}

Names options_of(const CLI::App* app) {
  Names names;
  for (const CLI::Option* one : app->get_options()) {
    for (const std::string& name : one->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// The folders alone say it: no run.json is read, so that thousands take no
// time.
Names folders_of(const fs::path& folder) {
  Names names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename().string();
    if (name[0] != '.' && entry.is_directory(error)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Experiments first, runs once a letter is there: "mnist", then "mnist/" or
// "2026" goes on.
Names runs_in(const fs::path& root, const std::string& begun) {
  Names experiments = folders_of(root);
  if (begun.empty()) return experiments;
  bool names_both = begun.find('/') != std::string::npos;
  Names names = names_both ? Names{} : experiments;
  for (const std::string& experiment : experiments) {
    for (const std::string& id : folders_of(root / experiment)) {
      names.push_back(names_both ? experiment + "/" + id : id);
    }
  }
  return names;
}

Names global_names() {
  Names names;
  for (const GlobalEntry& entry : globals().list()) {
    if (entry.counts) names.push_back(entry.name);
  }
  return names;
}

// What an option or argument means is told by its name and help.
Names values_of(const CLI::Option& option,
                const Line& line,
                const std::string& begun) {
  fs::path root = workspace_path(expand_path(line.workspace));
  std::string name = option.get_name(/*positional=*/true);
  if (option.get_description() == kRunHelp) return runs_in(root, begun);
  if (name == "experiment") return folders_of(root);
  if (name == "trashed") return runs_in(root / ".trash", begun);
  bool names_global = line.app->get_name() == "config" &&
                      (name == "name" || option.check_lname("unset"));
  if (names_global) return global_names();
  return name == "shell" ? Names{"bash", "zsh", "fish"} : Names{};
}

const CLI::Option* positional_at(const CLI::App* app, std::size_t index) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* one : app->get_options()) {
    if (!one->get_positional()) continue;
    last = one;
    if (index-- == 0) return one;
  }
  bool repeats = last != nullptr && last->get_items_expected_max() > 1;
  return repeats ? last : nullptr;
}

Names candidates(const Line& line, const std::string& begun) {
  if (line.pending != nullptr) return values_of(*line.pending, line, begun);
  if (starts_with(begun, "-") && !line.options_ended) {
    return options_of(line.app);
  }
  Names commands = commands_of(line.app);
  if (!commands.empty() && line.positionals == 0) return commands;
  const CLI::Option* option = positional_at(line.app, line.positionals);
  return option == nullptr ? Names{} : values_of(*option, line, begun);
}

}  // namespace

std::string complete(const CLI::App& app,
                     const std::vector<std::string>& words) {
  Line line{&app, "", nullptr, 0, false};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) take(line, words[i]);
  std::string begun = words.empty() ? "" : words.back();
  std::string text;
  for (const std::string& name : candidates(line, begun)) {
    if (starts_with(name, begun)) text += name + "\n";
  }
  return text;
}

namespace {

// Each asks the tool itself, so that a newer tool needs no newer script. Where
// it knows nothing, the shell completes files.
constexpr const char* kBash =
    R"sh(# thexp completion for bash: source <(thexp completion bash)
_thexp() {
  local i n=0 word line prefix= words=()
  # bash takes mnist_lr=0.1 for three words.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((n > 0)) && [[ $word == = || ${COMP_WORDS[i - 1]} == = ]]; then
      words[n - 1]+=$word
    else
      words[n++]=$word
    fi
  done
  word=${words[n - 1]}
  [[ $word == *=* ]] && prefix=${word%=*}=
  COMPREPLY=()
  while IFS= read -r line; do
    [[ -n $line ]] && COMPREPLY+=("$(printf %q "${line#"$prefix"}")")
  done < <(thexp __complete "${words[@]}" 2>/dev/null)
}
complete -o default -F _thexp thexp
)sh";

constexpr const char* kZsh = R"(#compdef thexp
# thexp completion for zsh: source <(thexp completion zsh), or as a file _thexp
# in a folder of $fpath
_thexp() {
  local -a candidates
  candidates=("${(@f)$(thexp __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=(${candidates:#})
  if (( ${#candidates} )); then
    compadd -- "${candidates[@]}"
  else
    _files
  fi
}
if [ "$funcstack[1]" = _thexp ]; then
  _thexp "$@"
else
  compdef _thexp thexp
fi
)";

constexpr const char* kFish =
    R"(# thexp completion for fish: thexp completion fish | source
function __thexp_complete
  set -l words (commandline -opc) (commandline -ct)
  thexp __complete $words[2..-1] 2>/dev/null
end
complete -c thexp -a '(__thexp_complete)'
)";

Output completion(const std::string& shell) {
  if (shell == "bash") return {kBash};
  return {shell == "zsh" ? kZsh : kFish};
}

}  // namespace

void add_completion(CLI::App& app, Command& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* completion_app = app.add_subcommand(
      "completion", "print what completes commands and runs in a shell");
  completion_app->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion_app->callback(
      [&chosen, shell] { chosen = {[shell] { return completion(*shell); }}; });
}

}  // namespace thexp::cli
