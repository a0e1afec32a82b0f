#include "run_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "thexp/base/text.h"

namespace thexp {
namespace {

// Each is a line of its own in YAML.
constexpr std::string_view kHowItBegins[] = {"resume", "auto_resume", "allow",
                                             "more_epochs"};

bool says(const std::string& line, std::string_view key) {
  return starts_with(line, fmt::format("{}: ", key));
}

bool is_how_it_begins(const std::string& line) {
  return std::any_of(std::begin(kHowItBegins), std::end(kHowItBegins),
                     [&](std::string_view key) { return says(line, key); });
}

}  // namespace

std::string run_yaml(const TrainerParams& params, int64_t epochs) {
  std::string yaml;
  for (const std::string& line : split(params.to_yaml(), '\n')) {
    if (line.empty() || is_how_it_begins(line)) continue;
    bool is_length = says(line, "epoch");
    yaml += is_length ? fmt::format("epoch: {}", epochs) : line;
    yaml += '\n';
  }
  return yaml;
}

}  // namespace thexp
