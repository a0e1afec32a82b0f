#include "run_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "run_id.h"
#include "run_json.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/names.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

using Paths = std::vector<fs::path>;

std::string id_of(const fs::path& run) { return run.filename().string(); }

std::string full_name(const fs::path& run) {
  return run.parent_path().filename().string() + "/" + id_of(run);
}

std::optional<std::size_t> count_in(std::string_view digits) {
  std::size_t count = 0;
  const char* end = digits.data() + digits.size();
  auto [rest, error] = std::from_chars(digits.data(), end, count);
  bool is_count = error == std::errc() && rest == end && count > 0;
  return is_count ? std::optional(count) : std::nullopt;
}

struct Dated {
  fs::path path;
  SystemTime time;
};

bool is_later(const Dated& a, const Dated& b) {
  if (a.time != b.time) return a.time > b.time;
  return id_of(a.path) > id_of(b.path);
}

// When each began. Only runs that may be among the first `count` are read: the
// others' names hold a local time that is more than all zones' difference
// before those.
std::vector<Dated> newest(const Paths& runs,
                          std::size_t count,
                          const Clock& clock) {
  constexpr std::chrono::hours kZones(27);
  std::vector<Dated> dated;
  for (const fs::path& run : runs) {
    bool is_named_by_time = is_run_id(id_of(run));
    dated.push_back({run, is_named_by_time ? time_in_run_id(id_of(run))
                                           : SystemTime::max()});
  }
  std::sort(dated.begin(), dated.end(), is_later);
  SystemTime limit =
      dated.size() <= count ? SystemTime() : dated[count].time - kZones;
  for (Dated& run : dated) {
    if (run.time < limit) continue;
    try {
      run.time = read_run(run.path, clock).start;
    } catch (const Error&) {
      // It is as old as its name says.
      run.time = time_in_run_id(id_of(run.path));
    }
  }
  std::sort(dated.begin(), dated.end(), is_later);
  return dated;
}

// labels.json of people; a damaged one has no tags.
bool has_tag(const fs::path& run, const std::string& tag) {
  fs::path file = run / "labels.json";
  std::error_code absent;
  if (!fs::exists(file, absent)) return false;
  try {
    Value labels = Value::from_json(read_file(file), file.string());
    const Value* tags = labels.find("tags");
    if (tags == nullptr || !tags->is_list()) return false;
    const Value::List& list = tags->as_list();
    return std::find(list.begin(), list.end(), Value(tag)) != list.end();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

bool is_run_number(const std::string& text) {
  constexpr std::size_t kMost = 6;
  return !text.empty() && text.size() <= kMost &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

Paths RunName::by_path() const {
  for (const fs::path& path : {fs::path(name_), workspace_.root() / name_}) {
    std::error_code unreadable;
    if (fs::exists(path / run_json::kFileName, unreadable)) return {path};
  }
  return {};
}

// "@-1" is the newest.
Paths RunName::by_age() const {
  if (!starts_with(name_, "@-")) return {};
  auto count = count_in(std::string_view(name_).substr(2));
  if (!count) return {};
  Paths all = workspace_.folders();
  if (all.size() < *count) {
    throw UsageError(
        fmt::format("there is no run {}: the workspace '{}' has {}", name_,
                    workspace_.root().string(), all.size()));
  }
  return {newest(all, *count, workspace_.clock())[*count - 1].path};
}

Paths RunName::by_experiment() const {
  Paths runs = workspace_.folders(name_);
  if (runs.empty()) return {};
  return {newest(runs, 1, workspace_.clock()).front().path};
}

// "mnist/3"
Paths RunName::by_number() const {
  std::size_t slash = name_.rfind('/');
  if (slash == std::string::npos) return {};
  const std::string digits = name_.substr(slash + 1);
  std::string experiment = name_.substr(0, slash);
  if (!is_run_number(digits)) return {};
  const int64_t number = std::stoll(digits);
  Paths runs = workspace_.folders(experiment);
  int64_t highest = 0;
  for (const fs::path& run : runs) {
    try {
      int64_t has = read_run(run, workspace_.clock()).number;
      if (has == number && has > 0) return {run};
      highest = std::max(highest, has);
    } catch (const Error&) {
      // It may be the one, but cannot say so.
    }
  }
  if (runs.empty()) return {};
  throw UsageError(
      fmt::format("no run of '{}' has the number {}; {}", experiment, number,
                  highest == 0 ? "its runs have none"
                               : fmt::format("the highest is {}", highest)));
}

// The whole of one, else its beginning or end, perhaps behind "experiment/".
Paths RunName::by_id() const {
  if (name_.empty()) return {};
  std::size_t slash = name_.rfind('/');
  bool is_of_one = slash != std::string::npos;
  std::string part = is_of_one ? name_.substr(slash + 1) : name_;
  if (part.empty()) return {};
  Paths whole, fitting;
  for (const fs::path& run :
       workspace_.folders(is_of_one ? name_.substr(0, slash) : "")) {
    std::string id = id_of(run);
    if (id == part) whole.push_back(run);
    if (starts_with(id, part) || ends_with(id, part)) fitting.push_back(run);
  }
  return whole.empty() ? fitting : whole;
}

// A folder that was copied may have another name.
Paths RunName::by_recorded_id() const {
  Paths fitting;
  if (name_.empty()) return fitting;
  for (const fs::path& run : workspace_.folders()) {
    if (is_run_id(id_of(run))) continue;
    try {
      std::string id = read_run(run, workspace_.clock()).id;
      bool fits = starts_with(id, name_) || ends_with(id, name_);
      if (fits) fitting.push_back(run);
    } catch (const Error&) {
      // One that cannot be read has its folder's name alone.
    }
  }
  return fitting;
}

// Of several runs with it the newest is meant.
Paths RunName::by_tag() const {
  Paths tagged;
  for (const fs::path& run : workspace_.folders()) {
    if (has_tag(run, name_)) tagged.push_back(run);
  }
  if (tagged.empty()) return {};
  return {newest(tagged, 1, workspace_.clock()).front().path};
}

RunRecord RunName::find() const {
  using Kind = Paths (RunName::*)() const;
  constexpr Kind kKinds[] = {&RunName::by_path,       &RunName::by_age,
                             &RunName::by_experiment, &RunName::by_number,
                             &RunName::by_id,         &RunName::by_recorded_id,
                             &RunName::by_tag};
  for (Kind kind : kKinds) {
    Paths found = name_.empty() ? Paths() : (this->*kind)();
    if (found.size() == 1) return read_run(found[0], workspace_.clock());
    if (found.size() > 1) throw_several(found);
  }
  throw_unknown();
}

void RunName::throw_several(const Paths& runs) const {
  std::vector<fs::path> sorted = runs;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair(id_of(a), a) > std::pair(id_of(b), b);
  });
  std::vector<std::string> names;
  bool begins = true, ends = true;
  std::string part = name_.substr(name_.rfind('/') + 1);
  for (const fs::path& run : sorted) {
    names.push_back(full_name(run));
    begins = begins && starts_with(id_of(run), part);
    ends = ends && ends_with(id_of(run), part);
  }
  throw UsageError(fmt::format("'{}' {} the ids of {} runs: {}", name_,
                               begins ? "begins"
                               : ends ? "ends"
                                      : "begins or ends",
                               runs.size(), list_some(names)));
}

void RunName::throw_unknown() const {
  std::vector<std::string> experiments = workspace_.experiments();
  std::vector<std::string> names = experiments;
  for (const fs::path& run : workspace_.folders()) {
    names.push_back(id_of(run));
    names.push_back(full_name(run));
  }
  std::string near = closest_match(name_, experiments);
  if (near.empty()) near = closest_match(name_, names);
  std::string hint = experiments.empty() ? "the workspace holds no experiments"
                     : near.empty()
                         ? "experiments there: " + list_some(experiments)
                         : "did you mean '" + near + "'?";
  throw UnknownRunError(
      fmt::format("no run or experiment '{}' in the workspace "
                  "'{}'; {}",
                  name_, workspace_.root().string(), hint));
}

}  // namespace thexp
