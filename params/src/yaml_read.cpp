#include "yaml_read.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "thexp/base/utf8.h"
#include "thexp/params/param_error.h"
#include "yaml_problem.h"
#include "yaml_scalar.h"

namespace thexp {
namespace {

// Far above any parameters, far below what hurts.
constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr uint64_t kMostValues = 100000;
constexpr uint64_t kMostTextBytes = uint64_t{16} << 20;
constexpr int kMostLevels = 64;

// yaml-cpp lets a quote that is never closed end with the file. This comment
// after the last line is in no text but that one.
constexpr std::string_view kEndMark = "#\x01 end of the parameters";

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Key {
  std::string name;
  YAML::Mark mark;
};

// A node of the document. Aliases share nodes, so that hostile ones cost
// nothing until they are expanded; the sizes say what that would cost.
struct Node {
  YAML::Mark mark;
  Value value;
  std::string text;
  std::vector<Key> keys;
  std::vector<NodePtr> items;
  uint64_t values = 1;
  uint64_t text_bytes = 0;
  int levels = 1;
};

using Merge = std::pair<YAML::Mark, NodePtr>;

// A list or dict whose end has not come yet.
struct Open {
  std::shared_ptr<Node> node;
  YAML::anchor_t anchor = 0;
  bool has_key = false;      // a value comes next
  bool merges_next = false;  // and its keys join this dict's
  Key key;
  std::map<std::string, YAML::Mark> seen;
  std::vector<Merge> merges;

  bool wants_key() const { return node->value.is_dict() && !has_key; }
};

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const YamlSource& source) : source_(source) {}

  const NodePtr& root() const { return root_; }

  void require_text_keys() const {
    if (bad_key_) fail(*bad_key_, "a key must be text");
  }

  std::string at(const YAML::Mark& mark) const {
    return source_.at(mark.line + 1, mark.column + 1);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  // Where nothing is written yaml-cpp gives the place of what comes next: the
  // key is nearer.
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    bool of_key = !open_.empty() && open_.back().has_key;
    scalar(of_key ? open_.back().key.mark : mark, anchor, "null", nullptr);
  }

  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& text) override {
    if (tag == "?")
      return scalar(mark, anchor, text, resolve_plain_scalar(text));
    if (text.find(kEndMark) != std::string::npos) {
      fail(mark, "malformed YAML: the quote is never closed");
    }
    if (tag == "!" || tag == "tag:yaml.org,2002:str") {
      return scalar(mark, anchor, "", text);
    }
    fail(mark, fmt::format("the tag {} is not supported", tag));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(mark, "an alias inside the value that it stands for");
    }
    add(mark, found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:seq", anchor, Value::List());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:map", anchor, Value::Dict());
  }
  void OnMapEnd() override {
    add_merged();
    close();
  }

 private:
  [[noreturn]] void fail(const YAML::Mark& mark,
                         const std::string& problem) const {
    throw ParamError::malformed(at(mark), problem);
  }

  void scalar(const YAML::Mark& mark,
              YAML::anchor_t anchor,
              const std::string& text,
              const Value& value) {
    if (!open_.empty() && open_.back().wants_key()) {
      bool plain = !text.empty();
      return take_key({value.is_text() ? value.as_text() : text, mark}, plain);
    }
    auto node = std::make_shared<Node>();
    node->mark = mark;
    node->value = value;
    node->text = value.is_text() ? "" : text;
    node->text_bytes = value.is_text() ? value.as_text().size() : text.size();
    finish(anchor, node);
  }

  void take_key(Key key, bool plain) {
    Open& dict = open_.back();
    dict.merges_next = plain && key.name == "<<";
    auto [first, added] = dict.seen.emplace(key.name, key.mark);
    if (!added && !dict.merges_next) {
      throw ParamError::duplicate_key(at(key.mark) + ": " + key.name,
                                      at(first->second));
    }
    dict.key = std::move(key);
    dict.has_key = true;
  }

  // An unclosed '[' looks like such a key until the parser finds the end, and
  // its own message is then the better one: so the error waits.
  void take_bad_key(const YAML::Mark& mark) {
    if (!bad_key_) bad_key_ = mark;
    open_.back().has_key = true;
    open_.back().key = {"", mark};
  }

  void open(const YAML::Mark& mark,
            const std::string& tag,
            const std::string& own_tag,
            YAML::anchor_t anchor,
            Value empty) {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != own_tag) {
      fail(mark, fmt::format("the tag {} is not supported", tag));
    }
    Open opened;
    opened.node = std::make_shared<Node>();
    opened.node->mark = mark;
    opened.node->value = std::move(empty);
    opened.anchor = anchor;
    open_.push_back(std::move(opened));
    check_size(*open_.back().node, static_cast<int>(open_.size()), mark);
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    finish(closed.anchor, closed.node);
  }

  void finish(YAML::anchor_t anchor, const NodePtr& node) {
    if (anchor != 0) anchors_[anchor] = node;
    add(node->mark, node);
  }

  void add(const YAML::Mark& mark, const NodePtr& node) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    Open& parent = open_.back();
    if (parent.wants_key()) return take_bad_key(mark);
    parent.has_key = false;
    if (parent.merges_next) {
      parent.merges_next = false;
      parent.merges.emplace_back(mark, node);
      return;
    }
    if (parent.node->value.is_dict()) parent.node->keys.push_back(parent.key);
    append(*parent.node, node, mark);
  }

  void append(Node& parent, const NodePtr& node, const YAML::Mark& mark) const {
    parent.items.push_back(node);
    parent.values += node->values;
    parent.text_bytes += node->text_bytes;
    parent.levels = std::max(parent.levels, node->levels + 1);
    check_size(parent, parent.levels, mark);
  }

  void check_size(const Node& node, int levels, const YAML::Mark& mark) const {
    if (levels > kMostLevels) {
      fail(mark, fmt::format("nested more than {} levels deep", kMostLevels));
    }
    if (node.values > kMostValues || node.text_bytes > kMostTextBytes) {
      fail(mark, fmt::format("more than {} values, or {} MiB of text, when "
                             "the aliases are expanded",
                             kMostValues, kMostTextBytes >> 20));
    }
  }

  // Keys of `<<: *other` that this dict does not have itself. In a list of
  // dicts the first that has a key gives it; of several `<<`, the last: so
  // Python reads them, too.
  void add_merged() {
    std::vector<Merge> merges = std::move(open_.back().merges);
    std::reverse(merges.begin(), merges.end());
    for (const auto& [mark, node] : merges) {
      if (!node->value.is_list()) merge(mark, *node);
      if (!node->value.is_list()) continue;
      for (const NodePtr& item : node->items) merge(mark, *item);
    }
  }

  void merge(const YAML::Mark& mark, const Node& from) {
    if (!from.value.is_dict()) fail(mark, "<< takes a map, or a list of maps");
    Open& dict = open_.back();
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      bool added = dict.seen.emplace(from.keys[i].name, mark).second;
      if (!added) continue;
      dict.node->keys.push_back(from.keys[i]);
      append(*dict.node, from.items[i], mark);
    }
  }

  const YamlSource& source_;
  NodePtr root_;
  std::optional<YAML::Mark> bad_key_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
};

Given to_given(const Node& node, const Builder& builder) {
  Given given{node.value, node.text, builder.at(node.mark), {}, {}, {}};
  for (const NodePtr& item : node.items) {
    given.items.push_back(to_given(*item, builder));
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Key& key = node.keys[i];
    given.keys.push_back({key.name, builder.at(key.mark)});
  }
  return given;
}

// What YAML allows only escaped: control characters other than blanks.
bool is_control(char c) {
  auto byte = static_cast<unsigned char>(c);
  bool is_blank = c == '\t' || c == '\n' || c == '\r';
  return (byte < 0x20 && !is_blank) || byte == 0x7F;
}

// Where the first control character is, or npos.
std::size_t find_control(std::string_view text) {
  auto found = std::find_if(text.begin(), text.end(), is_control);
  if (found == text.end()) return std::string_view::npos;
  return static_cast<std::size_t>(found - text.begin());
}

// yaml-cpp replaces or ends at such bytes without a word.
void require_readable(std::string_view text, const YamlSource& source) {
  if (text.size() > kMostBytes) {
    throw ParamError::malformed(
        source.name, fmt::format("{} bytes are more than parameters need (at "
                                 "most {} MiB)",
                                 text.size(), kMostBytes >> 20));
  }
  std::size_t invalid = find_invalid_utf8(text);
  std::size_t control = find_control(text);
  std::size_t bad = std::min(invalid, control);
  if (bad == std::string_view::npos) return;
  std::string_view before = text.substr(0, bad);
  auto line = std::count(before.begin(), before.end(), '\n');
  std::size_t start = before.rfind('\n') + 1;
  throw ParamError::malformed(
      source.at(static_cast<int>(line) + 1, static_cast<int>(bad - start) + 1),
      fmt::format("byte 0x{:02x} {}", static_cast<unsigned char>(text[bad]),
                  bad == invalid ? "is not UTF-8"
                                 : "is a control character; escape it"));
}

}  // namespace

std::string YamlSource::at(int line, int column) const {
  return has_lines ? fmt::format("{}:{}:{}", name, line, column) : name;
}

std::optional<Given> read_yaml(std::string_view text,
                               const YamlSource& source) {
  require_readable(text, source);
  std::string whole(text);
  if (!whole.empty() && whole.back() == '\n') {
    whole.append(kEndMark).append("\n");
  }
  std::istringstream stream{whole};
  Builder builder(source);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return std::nullopt;
    Builder next(source);
    if (parser.HandleNextDocument(next)) {
      throw ParamError::malformed(
          next.root() ? builder.at(next.root()->mark) : source.name,
          "a second document; parameters are one");
    }
  } catch (const YAML::Exception& error) {
    bool in_quote = error.msg == YAML::ErrorMsg::EOF_IN_SCALAR;
    if (in_quote && text.back() != '\n') {  // says where the quote opens
      return read_yaml(std::string(text) + "\n", source);
    }
    YAML::Mark mark = error.mark;  // maybe after the end mark
    mark.line =
        std::min(mark.line,
                 static_cast<int>(std::count(text.begin(), text.end(), '\n')));
    throw ParamError::malformed(builder.at(mark),
                                yaml_problem(error.msg, text, mark));
  }
  if (!builder.root()) return std::nullopt;
  builder.require_text_keys();
  return to_given(*builder.root(), builder);
}

}  // namespace thexp
