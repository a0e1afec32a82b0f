#include "yaml_problem.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>

#include "thexp/base/text.h"
#include "yaml_write.h"

namespace thexp {
namespace {

std::string line_at(std::string_view text, int line) {
  std::vector<std::string> lines = split(text, '\n');
  auto index = static_cast<std::size_t>(line);
  return index < lines.size() ? lines[index] : "";
}

bool has_tab_indent(const std::string& line) {
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') !=
         std::string::npos;
}

// `note: a: b` is quoted after its first colon; "" where there is none.
std::string quoted_value(const std::string& line) {
  std::size_t colon = line.find(": ");
  if (colon == std::string::npos) return "";
  std::string key = trim(line.substr(0, colon));
  std::string value = trim(line.substr(colon + 1));
  bool is_text = !value.empty() && std::string_view("\"'[{|>").find(value[0]) ==
                                       std::string::npos;
  return is_text ? key + ": " + to_yaml_line(Value(value)) : "";
}

}  // namespace

std::string yaml_problem(const std::string& message,
                         std::string_view text,
                         const YAML::Mark& mark) {
  std::string line = line_at(text, mark.line);
  if (has_tab_indent(line)) {
    return "malformed YAML: a tab cannot indent; use spaces";
  }
  bool needs_quotes = message == YAML::ErrorMsg::MAP_VALUE ||
                      message == YAML::ErrorMsg::UNKNOWN_TOKEN ||
                      message == YAML::ErrorMsg::BLOCK_ENTRY;
  std::string quoted = needs_quotes ? quoted_value(line) : "";
  if (!quoted.empty()) {
    return "malformed YAML: the text needs quotes; write " + quoted;
  }
  if (message == YAML::ErrorMsg::END_OF_MAP) {
    return fmt::format("malformed YAML: \"{}\" is not key: value", trim(line));
  }
  return "malformed YAML: " + message;
}

}  // namespace thexp
