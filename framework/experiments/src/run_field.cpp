#include "thexp/experiments/run_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>

#include "packed_value.h"
#include "thexp/base/text.h"
#include "thexp/experiments/run_table.h"

namespace thexp {
namespace {

using Found = std::optional<Value>;

Found status_of(const RunEntry& run) { return status_name(run.status()); }

// 0 is that of an old run.
Found number_of(const RunEntry& run) {
  if (run.number() == 0) return std::nullopt;
  return run.number();
}

Found end_of(const RunEntry& run) {
  if (!run.end()) return std::nullopt;
  return iso8601(*run.end());
}

Found tags_of(const RunEntry& run) {
  Found tags = run.label("tags");
  bool has_some = tags && tags->is_list() && !tags->as_list().empty();
  return has_some ? tags : std::nullopt;
}

// The texts of all notes, a line each.
Found notes_of(const RunEntry& run) {
  Found notes = run.label("notes");
  if (!notes || !notes->is_list()) return std::nullopt;
  std::vector<std::string> texts;
  if (!notes->is_list()) return std::nullopt;
  for (const Value& note : notes->as_list()) {
    const Value* text = note.find("text");
    if (text != nullptr && text->is_text()) texts.push_back(text->as_text());
  }
  if (texts.empty()) return std::nullopt;
  return join(texts, "\n");
}

Found at_of(const RunEntry& run) {
  std::string text = position_text(run);
  if (text.empty()) return std::nullopt;
  return text;
}

// People's own words take the place of the program's.
Found description_of(const RunEntry& run) {
  Found text = run.label("description");
  if (!text) text = run.find("description");
  return text && *text != Value("") ? text : std::nullopt;
}

struct Common {
  const char* name;
  Found (*read)(const RunEntry&);
};

constexpr Common kCommon[] = {
    {"id", [](const RunEntry& run) -> Found { return run.id(); }},
    {"experiment",
     [](const RunEntry& run) -> Found { return run.experiment(); }},
    {"path", [](const RunEntry& run) -> Found { return run.path().string(); }},
    {"start",
     [](const RunEntry& run) -> Found { return iso8601(run.start()); }},
    {"age", [](const RunEntry& run) -> Found { return run.age().count(); }},
    {"duration",
     [](const RunEntry& run) -> Found { return run.duration().count(); }},
    {"number", number_of},
    {"at", at_of},
    {"status", status_of},
    {"end", end_of},
    {"tags", tags_of},
    {"tag", tags_of},
    {"note", notes_of},
    {"notes", notes_of},
    {"description", description_of}};

// "nan" and its like, which JSON has no word for.
Found as_number(const PackedValue& packed) {
  Value value = packed.unpack();
  if (value.is_null()) return std::nullopt;
  if (std::optional<double> real = value.to_real()) {
    if (!value.is_integer()) return *real;
  }
  return value;
}

// The entry `key` of what run.json says of a metric. Earlier versions only said
// the newest number.
Found of_metric(const RunEntry& run, const std::string& tag, const char* key) {
  std::optional<PackedValue> metric = run.packed_metrics().find(tag);
  if (!metric) return std::nullopt;
  if (metric->is_dict())
    metric = metric->find(key);
  else if (std::string_view(key) != "value")
    return std::nullopt;
  return metric ? as_number(*metric) : std::nullopt;
}

std::optional<PackedValue> in_json(const RunEntry& run,
                                   const std::string& name) {
  constexpr std::string_view kParams = "params.", kInfo = "info.";
  std::string_view path = name;
  if (starts_with(path, kParams)) {
    return run.packed_params().find(path.substr(kParams.size()));
  }
  if (starts_with(path, kInfo)) {
    return run.packed_info().find(path.substr(kInfo.size()));
  }
  for (const PackedValue& part :
       {run.packed(), run.packed_params(), run.packed_info()}) {
    auto found = part.find(path);
    if (found) return found;
  }
  return std::nullopt;
}

using Names = std::set<std::string>;

void add_paths(const PackedValue& dict,
               const std::string& above,
               Names& names) {
  for (PackedEntries all = dict.entries(); all.next();) {
    std::string path = above.empty() ? all.key() : above + "." + all.key();
    if (all.value().is_dict()) {
      add_paths(all.value(), path, names);
    } else {
      names.insert(path);
    }
  }
}

void add_tags(const RunEntry& run, Names& names) {
  for (PackedEntries all = run.packed_metrics().entries(); all.next();) {
    names.insert(all.key());
  }
}

// Of "lr" that is "params.optim.lr"; else one that is spelled alike.
std::string near_name(const std::string& name,
                      const std::vector<std::string>& names) {
  for (const char* separator : {".", "/"}) {
    for (const std::string& candidate : names) {
      if (ends_with(candidate, separator + name)) return candidate;
    }
  }
  std::string near = closest_match(name, names);
  if (!near.empty()) return near;
  return closest_match("params." + name, names);
}

}  // namespace

std::string tag_of_best(const std::string& name) {
  if (starts_with(name, "best.")) return name.substr(5);
  bool is_call = starts_with(name, "best(") && ends_with(name, ")");
  return is_call ? name.substr(5, name.size() - 6) : "";
}

RunField::RunField(std::string name)
    : name_(std::move(name)), best_of_(tag_of_best(name_)) {
  for (const Common& common : kCommon) {
    if (name_ == common.name) reader_ = common.read;
  }
}

bool RunField::is_common() const { return reader_ != nullptr; }

std::optional<Value> RunField::of(const RunEntry& run) const {
  if (reader_ != nullptr) return reader_(run);
  if (!best_of_.empty()) return of_metric(run, best_of_, "best");
  bool is_tag = name_.find('/') != std::string::npos;
  if (is_tag) {
    if (Found metric = of_metric(run, name_, "value")) return metric;
  }
  std::optional<PackedValue> found = in_json(run, name_);
  if (found) return found->unpack();
  return is_tag ? std::nullopt : of_metric(run, name_, "value");
}

std::vector<std::string> field_names(const std::vector<RunEntry>& runs) {
  Names names;
  for (const Common& common : kCommon) names.insert(common.name);
  for (const RunEntry& run : runs) {
    for (PackedEntries all = run.packed().entries(); all.next();) {
      if (all.key() == "metrics") continue;
      if (all.value().is_dict()) {
        add_paths(all.value(), all.key(), names);
      } else {
        names.insert(all.key());
      }
    }
    add_paths(run.packed_params(), "params", names);
    add_tags(run, names);
  }
  return {names.begin(), names.end()};
}

std::optional<std::string> problem_with(const RunField& field,
                                        const std::vector<RunEntry>& runs) {
  bool is_there = runs.empty() || field.is_common() ||
                  std::any_of(runs.begin(), runs.end(), [&](const auto& run) {
                    return field.of(run).has_value();
                  });
  if (is_there) return std::nullopt;
  std::string tag = tag_of_best(field.name());
  std::string near =
      near_name(tag.empty() ? field.name() : tag, field_names(runs));
  if (!tag.empty() && !near.empty()) near = "best." + near;
  std::string hint = near.empty() || near == field.name()
                         ? ""
                         : fmt::format("; did you mean '{}'?", near);
  return fmt::format("no run has '{}'{}", field.name(), hint);
}

}  // namespace thexp
