#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "given.h"

namespace thexp {

/// Where YAML text is from: a file, whose messages name line and column, or
/// one value at the command line, whose messages name the flag.
struct YamlSource {
  std::string name;
  bool has_lines = true;

  std::string at(int line, int column) const;
};

/// The one document in `text`, anchors and merge keys resolved; nullopt when
/// there is nothing in it. @throws ParamError with the place: malformed text,
/// bytes that are not UTF-8, duplicate keys, several documents, unknown tags,
/// and more nesting or aliases than any parameters need.
std::optional<Given> read_yaml(std::string_view text, const YamlSource& source);

}  // namespace thexp
