#include "thexp/tracking/home.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "run_json.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/shell.h"
#include "thexp/base/text.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

bool is_set(const char* text) { return text != nullptr && *text != '\0'; }

bool has_home() {
  return is_set(std::getenv("THEXP_HOME")) || is_set(std::getenv("HOME"));
}

fs::path runs_file() { return home_path() / "runs.jsonl"; }

KnownRun parse_known_run(const std::string& line) {
  Value json = Value::from_json(line);
  return {json.at("experiment").as_text(), json.at("id").as_text(),
          json.at("path").as_text()};
}

}  // namespace

fs::path home_path() {
  const char* home = std::getenv("THEXP_HOME");
  if (!is_set(home)) return expand_path("~/.thexp");
  try {
    return expand_path(home);
  } catch (const UsageError& error) {
    throw UsageError(std::string("THEXP_HOME: ") + error.what());
  }
}

bool KnownRun::is_there() const {
  std::error_code unreadable;
  return fs::exists(path / run_json::kFileName, unreadable);
}

// One write of a whole line: lines of processes that begin at one instant do
// not mix.
void note_known_run(const KnownRun& run) {
  make_directories(home_path());
  Value line = Value::Dict{{"experiment", run.experiment},
                           {"id", run.id},
                           {"path", run.path.string()}};
  AppendFile(runs_file()).append(line.to_json() + "\n");
}

std::vector<KnownRun> noted_places() {
  std::vector<KnownRun> places;
  std::error_code unreadable;  // another user's
  if (!has_home() || !fs::exists(runs_file(), unreadable)) return places;
  for (const std::string& line : split(read_file(runs_file()), '\n')) {
    if (line.empty()) continue;
    try {
      places.push_back(parse_known_run(line));
    } catch (const Error&) {
      // A line that a full disk cut short hides no other run.
    }
  }
  return places;
}

std::vector<KnownRun> known_runs() {
  std::vector<KnownRun> runs;
  std::map<std::string, std::size_t> index;
  for (KnownRun& place : noted_places()) {
    auto [at, is_new] = index.emplace(place.id, runs.size());
    if (is_new) runs.emplace_back();
    runs[at->second] = std::move(place);
  }
  return runs;
}

std::vector<fs::path> known_workspaces() {
  std::set<fs::path> roots;
  for (const KnownRun& run : known_runs()) {
    if (!run.is_there()) continue;
    roots.insert(fs::canonical(run.path.parent_path().parent_path()));
  }
  return {roots.begin(), roots.end()};
}

}  // namespace thexp
