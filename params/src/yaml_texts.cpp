#include "thexp/params/yaml_texts.h"

#include <cstdio>
#include <map>

#include "thexp/params/param_error.h"
#include "yaml_read.h"
#include "yaml_write.h"

namespace thexp {
namespace {

class TextCollector {
 public:
  explicit TextCollector(const std::string& source) : source_(source) {}

  void add(const Given& given, const std::string& key) {
    if (given.value.is_dict()) return add_entries(given, key);
    if (given.value.is_null()) return;
    if (given.value.is_list() || key.empty()) {
      throw ParamError::malformed(
          given.where, key.empty() ? "the file must hold lines of name: text"
                                   : key + " is a list; a text must be there");
    }
    auto [first, is_new] = places_.emplace(key, given.where);
    if (!is_new) {
      throw ParamError::duplicate_key(given.where + ": " + key, first->second);
    }
    texts_.push_back(text_of(given, key));
  }

  std::vector<YamlText> take() { return std::move(texts_); }

 private:
  void add_entries(const Given& dict, const std::string& key) {
    for (std::size_t i = 0; i < dict.items.size(); ++i) {
      std::string name = dict.keys[i].name;
      add(dict.items[i], key.empty() ? name : key + "." + name);
    }
  }

  YamlText text_of(const Given& given, const std::string& key) const {
    YamlText found{key, given.text, given.where, 0, 0};
    if (given.value.is_text()) found.text = given.value.as_text();
    std::sscanf(given.where.c_str() + source_.size(), ":%d:%d", &found.line,
                &found.column);
    return found;
  }

  const std::string& source_;
  std::map<std::string, std::string> places_;
  std::vector<YamlText> texts_;
};

}  // namespace

std::vector<YamlText> read_yaml_texts(std::string_view text,
                                      const std::string& source) {
  TextCollector collector(source);
  std::optional<Given> root = read_yaml(text, {source});
  if (root) collector.add(*root, "");
  return collector.take();
}

std::string yaml_scalar(const std::string& text) { return to_yaml_line(text); }

}  // namespace thexp
