#include "init_sources.h"

#include <fmt/format.h>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

std::string folder_hint(const fs::path& folder) {
  fs::path last = folder / "checkpoints" / "last.pt";
  if (!fs::exists(last)) return "name the file in it";
  return fmt::format("--init.from={} has the weights of that run's end",
                     last.string());
}

[[noreturn]] void throw_no_file(const std::string& text) {
  fs::path path = text;
  if (fs::is_directory(path)) {
    throw UsageError(fmt::format("--init.from: '{}' is a folder; {}", text,
                                 folder_hint(path)));
  }
  throw UsageError(
      fmt::format("--init.from: there is no file '{}' (write "
                  "--init.from=FILE, or --init.from=NAME=FILE for the model "
                  "called NAME)",
                  text));
}

void add(std::vector<InitSource>& sources, InitSource added) {
  for (const InitSource& source : sources) {
    if (source.model != added.model) continue;
    throw UsageError(
        added.model.empty()
            ? "--init.from: two files are for all models; write NAME=FILE for "
              "the model called NAME"
            : fmt::format("--init.from: model '{}' is given two files",
                          added.model));
  }
  sources.push_back(std::move(added));
}

// The file that the text names; none when it is the beginning of a path.
bool find_source(const std::string& text, InitSource& source) {
  if (fs::is_regular_file(text)) {
    source = {"", text};
    return true;
  }
  std::size_t equals = text.find('=');
  if (equals == std::string::npos) return false;
  source = {text.substr(0, equals), text.substr(equals + 1)};
  return fs::is_regular_file(source.path);
}

}  // namespace

std::vector<InitSource> parse_init_from(const std::string& text) {
  std::vector<InitSource> sources;
  std::string pending;
  for (const std::string& part : split(text, ',')) {
    pending += (pending.empty() ? "" : ",") + part;
    InitSource source;
    if (!find_source(pending, source)) continue;
    add(sources, std::move(source));
    pending.clear();
  }
  if (!pending.empty()) throw_no_file(pending);
  return sources;
}

}  // namespace thexp
