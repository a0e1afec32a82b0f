#include "run_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "length.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

// Each is a line of its own in YAML.
constexpr std::string_view kHowItBegins[] = {
    "resume", "auto_resume", "allow", "more_epochs", "more_steps", "max_time"};

bool is_how_it_begins_key(const std::string& key) {
  return std::find(std::begin(kHowItBegins), std::end(kHowItBegins), key) !=
         std::end(kHowItBegins);
}

bool says(const std::string& line, std::string_view key) {
  return starts_with(line, fmt::format("{}: ", key));
}

bool is_how_it_begins(const std::string& line) {
  return std::any_of(std::begin(kHowItBegins), std::end(kHowItBegins),
                     [&](std::string_view key) { return says(line, key); });
}

// What limits nothing is not there.
std::string length_line(const char* key, int64_t count) {
  return count == Until::kNever ? "" : fmt::format("{}: {}\n", key, count);
}

}  // namespace

std::string run_yaml(const TrainerParams& params, const Until& until) {
  std::string yaml;
  for (const std::string& line : split(params.to_yaml(), '\n')) {
    if (line.empty() || is_how_it_begins(line)) continue;
    if (says(line, "epoch") || says(line, "steps")) {
      yaml += length_line(says(line, "epoch") ? "epoch" : "steps",
                          says(line, "epoch") ? until.epochs : until.steps);
    } else {
      yaml += line + '\n';
    }
  }
  return yaml;
}

Value run_params(const TrainerParams& params, const Until& until) {
  Value tree = Value::Dict{};
  const Value all = params.to_value();
  for (const auto& [key, value] : all.as_dict()) {
    if (!is_how_it_begins_key(key)) tree[key] = value;
  }
  put_length(tree, until);
  return tree;
}

}  // namespace thexp
