#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace thexp {

/// `text` as one types it into a shell: quoted where it must be.
std::string shell_word(std::string_view text);

/// A path as people write it, in a file too, where no shell reads it.
struct PathText {
  std::filesystem::path path;  ///< what cannot be expanded stays as written
  std::string problem;         ///< "the environment variable X is not set"; ""
};

/// `~` and `~/` at the beginning, or after a `=` or `,`, are $HOME; `${NAME}`
/// is a variable of the environment; `$$` is a dollar sign. Other dollar signs
/// stay, but one before a letter (`$NAME`) and `~name` are problems: a folder
/// of such a name is rarely meant.
PathText read_path_text(std::string_view text);

/// The path alone. @throws UsageError with the problem.
std::filesystem::path expand_path(std::string_view text);

}  // namespace thexp
