#include "tree_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "pickle_names.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

constexpr std::size_t kMaxDepth = 200;

// Of a tensor in the tree beside its sizes and strides, and of the tensor of
// LibTorch that State makes of it.
constexpr std::size_t kTensorBytes = 512;

std::size_t bytes_of(const ArchiveTensor& tensor) {
  std::size_t lengths = tensor.sizes.size() + tensor.strides.size();
  return kTensorBytes + 2 * lengths * sizeof(int64_t);
}

bool can_be_key(const PickleNode& node) {
  return node.get<int64_t>() != nullptr || node.get<std::string>() != nullptr;
}

bool has_keys(const PickleDict& dict) {
  return std::all_of(
      dict.entries.begin(), dict.entries.end(),
      [](const auto& entry) { return can_be_key(*entry.first); });
}

}  // namespace

void TreeBuilder::fail(const PickleNode& node,
                       const std::string& problem) const {
  throw FormatError::at_offset(source_, problem, node.offset);
}

void TreeBuilder::spend(const PickleNode& node, std::size_t amount) {
  if (!budget_.spend(amount)) fail(node, budget_.repeated_too_often());
}

ArchiveValue TreeBuilder::build_root(const PickleNode& root) {
  ArchiveValue value = build(root);
  const auto* foreign = value.foreign();
  if (foreign == nullptr) return value;
  fail(root, fmt::format("it holds {}, which is not plain data and is not "
                         "loaded; save state_dict()s made of tensors, numbers, "
                         "text, lists and dicts",
                         foreign->what));
}

ArchiveValue TreeBuilder::build(const PickleNode& node) {
  if (path_.size() > kMaxDepth) {
    fail(node, "lists and dicts are nested too deeply");
  }
  if (node.get<std::monostate>() != nullptr) return {};
  if (const auto* value = node.get<bool>()) return {*value};
  if (const auto* value = node.get<int64_t>()) return {*value};
  if (const auto* value = node.get<double>()) return {*value};
  if (const auto* text = node.get<std::string>()) {
    spend(node, text->size());
    return {*text};
  }
  if (const auto* tensor = node.get<std::shared_ptr<const PickleTensor>>()) {
    return build_tensor(node, **tensor);
  }
  if (const auto* list = node.get<PickleList>()) return build_list(node, *list);
  if (const auto* dict = node.get<PickleDict>()) return build_dict(node, *dict);
  const auto* foreign = node.get<PickleForeign>();
  return build_foreign(node,
                       foreign != nullptr ? foreign->what : python_name(node));
}

ArchiveValue TreeBuilder::build_below(const Step& step,
                                      const PickleNode& node) {
  path_.push_back(step);
  ArchiveValue value = build(node);
  path_.pop_back();
  return value;
}

ArchiveValue TreeBuilder::build_tensor(const PickleNode& node,
                                       const PickleTensor& given) {
  const ArchiveTensor& tensor = storages_.tensor(given);
  spend(node, bytes_of(tensor));
  return {tensor};
}

ArchiveValue TreeBuilder::build_list(const PickleNode& node,
                                     const PickleList& list) {
  spend(node, list.items.size() * sizeof(ArchiveValue));
  ArchiveValue::List items;
  items.reserve(list.items.size());
  for (const PickleNode* item : list.items) {
    items.push_back(build_below(static_cast<int64_t>(items.size()), *item));
  }
  return {std::move(items)};
}

ArchiveValue::Key TreeBuilder::key_of(const PickleNode& node) {
  if (const auto* integer = node.get<int64_t>()) return *integer;
  const std::string& text = *node.get<std::string>();
  spend(node, text.size());
  return text;
}

ArchiveValue TreeBuilder::build_dict(const PickleNode& node,
                                     const PickleDict& dict) {
  if (!has_keys(dict)) {
    return build_foreign(node,
                         "a dict with a key that is neither text nor integer");
  }
  spend(node, dict.entries.size() * sizeof(ArchiveValue::Entry));
  ArchiveValue::Dict entries;
  entries.reserve(dict.entries.size());
  std::set<Step> keys;
  for (const auto& [key_node, value] : dict.entries) {
    const auto* integer = key_node->get<int64_t>();
    Step step = integer != nullptr ? Step(*integer)
                                   : Step(*key_node->get<std::string>());
    ArchiveValue::Key key = key_of(*key_node);
    bool added = keys.insert(step).second;
    if (!added) fail(*key_node, "a key that is there twice");
    entries.emplace_back(std::move(key), build_below(step, *value));
  }
  return {std::move(entries)};
}

ArchiveValue TreeBuilder::build_foreign(const PickleNode& node,
                                        const std::string& what) {
  std::string path;
  for (const Step& step : path_) {
    const auto* text = std::get_if<std::string_view>(&step);
    std::string name = text != nullptr
                           ? std::string(*text)
                           : std::to_string(std::get<int64_t>(step));
    spend(node, name.size() + 1);
    path += (path.empty() ? "" : "/") + name;
  }
  spend(node, sizeof(ForeignObject) + what.size());
  return {std::make_shared<const ForeignObject>(
      ForeignObject{what, std::move(path)})};
}

}  // namespace thexp
