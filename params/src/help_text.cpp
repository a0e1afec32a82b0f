#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "params_access.h"
#include "thexp/base/columns.h"
#include "thexp/base/text.h"
#include "yaml_write.h"

namespace thexp {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kWidestOption = 26;
constexpr std::size_t kWidestDefault = 40;

struct Line {
  std::string option;
  std::string help;
};

struct Section {
  std::string title;
  std::vector<Line> lines;
};

std::string option_text(const ParamsAccess::Entry& entry) {
  bool is_bool = entry.type.kind == ParamKind::kBool && !entry.type.list;
  if (is_bool) return "--[no-]" + entry.key;
  std::string value = entry.type.placeholder();
  if (entry.bare_value) return "--" + entry.key + "[=" + value + "]";
  return "--" + entry.key + " " + value;
}

// "learning rate (default: 0.05; between 0 and 10)"
std::string help_of(const ParamsAccess::Entry& entry) {
  std::string value = fit_width(to_yaml_line(entry.value), kWidestDefault);
  std::string facts = entry.is_set ? "default: " + value : "required";
  if (!entry.constraint.rule().empty()) facts += "; " + entry.constraint.rule();
  return entry.help + (entry.help.empty() ? "(" : " (") + facts + ")";
}

std::string group_of(const std::string& key) {
  std::size_t dot = key.find('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

Section& section(std::vector<Section>& sections, const std::string& title) {
  auto found = std::find_if(sections.begin(), sections.end(),
                            [&](const auto& s) { return s.title == title; });
  if (found != sections.end()) return *found;
  sections.push_back({title, {}});
  return sections.back();
}

Section general_options() {
  return {
      "options",
      {{"--config FILE", "read parameters from a YAML file; may be repeated"},
       {"--print-params", "print the resulting parameters as YAML, and stop"},
       {"-h, --help", "print this, and stop"}}};
}

// The general options, parameters without a group, then each group.
std::vector<Section> sections_of(const Params& params) {
  std::vector<Section> sections = {general_options(), {"parameters", {}}};
  for (const ParamsAccess::Entry& entry : ParamsAccess::entries(params)) {
    std::string group = group_of(entry.key);
    Section& place = section(sections, group.empty() ? "parameters" : group);
    place.lines.push_back({option_text(entry), help_of(entry)});
  }
  return sections;
}

std::size_t option_columns(const std::vector<Section>& sections) {
  std::size_t widest = 0;
  for (const Section& section : sections) {
    for (const Line& line : section.lines) {
      std::size_t width = display_width(line.option);
      if (width <= kWidestOption) widest = std::max(widest, width);
    }
  }
  return widest;
}

std::string render(const Line& line, std::size_t option_width) {
  std::size_t indent = 2 + option_width + 2;
  std::string new_line = "\n" + std::string(indent, ' ');
  bool fits = display_width(line.option) <= option_width;
  std::string text = "  " + line.option;
  text = fits ? pad_width(text, indent) : text + new_line;
  std::vector<std::string> help = wrap_words(line.help, kColumns - indent);
  return text + join(help, new_line) + "\n";
}

std::string render(const Section& section, std::size_t option_width) {
  if (section.lines.empty()) return "";
  std::string text = "\n" + section.title + ":\n";
  for (const Line& line : section.lines) text += render(line, option_width);
  return text;
}

}  // namespace

std::string Params::help_text(const std::string& program) const {
  std::string text =
      "usage: " + program +
      " [--config FILE]... [--KEY=VALUE]...\n"
      "\n"
      "Parameters have their defaults, then what the --config files say, then "
      "what\n"
      "the command line says. Values are YAML: 0.1, 1e-3, true, null, [1, 2]; "
      "TEXT is\n"
      "taken as it is. A file holds `optim.lr: 0.1`, or `lr: 0.1` below "
      "`optim:`.\n";
  std::vector<Section> sections = sections_of(*this);
  std::size_t option_width = option_columns(sections);
  for (const Section& section : sections) text += render(section, option_width);
  return text;
}

}  // namespace thexp
