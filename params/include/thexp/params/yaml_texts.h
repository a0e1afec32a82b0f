#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace thexp {

/// A scalar of a YAML document, as text.
struct YamlText {
  std::string key;    ///< nested keys joined by dots
  std::string text;   ///< a number as it is written there
  std::string where;  ///< "config.yaml:3:11"
  int line = 0;       ///< from 1; where the scalar begins
  int column = 0;     ///< from 1
};

/// The scalars of a document, in its order; entries without a value are left
/// out. `source` names it in messages. @throws ParamError with the place, for
/// malformed text, a list, and a key that is there twice.
std::vector<YamlText> read_yaml_texts(std::string_view text,
                                      const std::string& source);

/// `text` as a YAML scalar on one line that reads back as the same text.
std::string yaml_scalar(const std::string& text);

}  // namespace thexp
