#pragma once

#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/params/yaml_texts.h"

namespace thexp {

// A config.yaml, changed line by line, so that what people wrote around a value
// stays. Every change is checked by reading its result.
class ConfigFile {
 public:
  /// One that is not there is empty. @throws ParamError, FileError
  explicit ConfigFile(fs::path path);

  const std::vector<YamlText>& entries() const { return entries_; }
  const YamlText* find(const std::string& name) const;

  /// @throws FormatError where a line alone cannot be changed.
  void set(const std::string& name, const std::string& text);
  /// One that is there.
  void unset(const std::string& name);

  /// Replaces the file, atomically; its mode stays, and so does a link to it.
  void write() const;

 private:
  std::string& line_of(const YamlText& entry);
  std::string text() const;
  void require(const std::vector<YamlText>& wanted, const std::string& name);

  fs::path path_;
  std::vector<std::string> lines_;
  std::vector<YamlText> entries_;
};

}  // namespace thexp
