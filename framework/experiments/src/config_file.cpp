#include "config_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

// Behind the quote that closes the one at `start`. Inside, "\\" takes the next
// character with it, and in the other kind of quotes two stand for one.
std::size_t end_of_quoted(const std::string& line, std::size_t start) {
  char quote = line[start];
  for (std::size_t i = start + 1; i < line.size(); ++i) {
    bool is_double = line.compare(i, 2, "''") == 0;
    bool is_pair = quote == '"' ? line[i] == '\\' : is_double;
    if (is_pair) {
      ++i;
    } else if (line[i] == quote) {
      return i + 1;
    }
  }
  return line.size();
}

// Where the scalar that begins at `start` ends on its line.
std::size_t end_of_scalar(const std::string& line, std::size_t start) {
  bool is_quoted =
      start < line.size() && (line[start] == '"' || line[start] == '\'');
  if (is_quoted) return end_of_quoted(line, start);
  std::size_t comment = std::min(line.find(" #", start), line.size());
  std::size_t last = line.find_last_not_of(" \t\r", comment - 1);
  return last == std::string::npos ? comment : last + 1;
}

bool is_same(const std::vector<YamlText>& a, const std::vector<YamlText>& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(),
                             [](const YamlText& one, const YamlText& other) {
                               return one.key == other.key &&
                                      one.text == other.text;
                             });
}

}  // namespace

ConfigFile::ConfigFile(fs::path path) : path_(std::move(path)) {
  if (!fs::exists(path_)) return;
  std::string content = read_file(path_);
  entries_ = read_yaml_texts(content, path_.string());
  if (!content.empty() && content.back() == '\n') content.pop_back();
  if (!content.empty()) lines_ = split(content, '\n');
}

const YamlText* ConfigFile::find(const std::string& name) const {
  for (const YamlText& entry : entries_) {
    if (entry.key == name) return &entry;
  }
  return nullptr;
}

std::string& ConfigFile::line_of(const YamlText& entry) {
  return lines_.at(static_cast<std::size_t>(entry.line - 1));
}

std::string ConfigFile::text() const {
  return lines_.empty() ? "" : join(lines_, "\n") + "\n";
}

void ConfigFile::set(const std::string& name, const std::string& text) {
  std::vector<YamlText> wanted = entries_;
  const YamlText* known = find(name);
  if (known == nullptr) {
    wanted.push_back({name, text, "", 0, 0});
    lines_.push_back(name + ": " + yaml_scalar(text));
  } else {
    wanted[static_cast<std::size_t>(known - entries_.data())].text = text;
    std::string& line = line_of(*known);
    auto start = static_cast<std::size_t>(known->column - 1);
    std::size_t end = end_of_scalar(line, start);
    line.replace(start, end - start, yaml_scalar(text));
  }
  require(wanted, name);
}

void ConfigFile::unset(const std::string& name) {
  const YamlText* known = find(name);
  std::vector<YamlText> wanted = entries_;
  wanted.erase(wanted.begin() + (known - entries_.data()));
  lines_.erase(lines_.begin() + (known->line - 1));
  require(wanted, name);
}

void ConfigFile::require(const std::vector<YamlText>& wanted,
                         const std::string& name) {
  std::string problem = "its value does not stand on one line";
  try {
    std::vector<YamlText> now = read_yaml_texts(text(), path_.string());
    if (is_same(now, wanted)) {
      entries_ = std::move(now);
      return;
    }
  } catch (const Error& error) {
    problem = error.what();
  }
  const YamlText* known = find(name);
  std::string place = known == nullptr ? path_.string() : known->where;
  throw FormatError(
      fmt::format("{}: '{}' cannot be changed without the lines around it; "
                  "edit the file by hand ({})",
                  place, name, problem));
}

void ConfigFile::write() const {
  fs::path target = fs::is_symlink(path_) ? fs::canonical(path_) : path_;
  std::error_code missing;
  fs::perms mode = fs::status(target, missing).permissions();
  bool is_there = fs::exists(target);
  write_file_atomic(target, text());
  if (is_there) fs::permissions(target, mode);
}

}  // namespace thexp
