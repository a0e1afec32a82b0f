#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "memory_budget.h"
#include "pt_storages.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "unpickler.h"

namespace thexp {
namespace {

constexpr int kMaxDepth = 200;
constexpr std::string_view kPickleName = "data.pkl";

// torch.save's first ten bytes before PyTorch 1.6: a pickled magic number.
constexpr std::string_view kLegacyMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9",
                                        9);

// What a pickle may become, which may name the same part often. A list of None
// takes 88 bytes for each of its pickle's bytes.
constexpr uint64_t kFreeMemory = uint64_t{64} << 20;
constexpr uint64_t kMemoryPerByte = 128;

// Of a tensor in the tree beside its sizes and strides, and of the tensor of
// LibTorch that State makes of it.
constexpr std::size_t kTensorBytes = 512;

std::size_t bytes_of(const ArchiveTensor& tensor) {
  std::size_t lengths = tensor.sizes.size() + tensor.strides.size();
  return kTensorBytes + 2 * lengths * sizeof(int64_t);
}

// Of what is only a part of a tensor.
std::string python_name(const PickleNode& node) {
  if (const auto* dtype = node.get<PickleDtype>()) {
    return fmt::format("'torch.{}'", info_of(dtype->type).name);
  }
  return node.get<PickleName>() != nullptr ? "a Python function"
                                           : "a storage without a tensor";
}

// Turns a pickle's tree into values. They repeat what it names again, and each
// pays for that.
class TreeBuilder {
 public:
  TreeBuilder(PtStorages& storages,
              MemoryBudget& budget,
              const std::string& source)
      : storages_(storages), budget_(budget), source_(source) {}

  // The value itself is paid for by its owner.
  ArchiveValue build(const PickleNode& node, int depth = 0);

 private:
  [[noreturn]] void fail(const PickleNode& node,
                         const std::string& problem) const {
    throw FormatError::at_offset(source_, problem, node.offset);
  }
  void spend(const PickleNode& node, std::size_t amount);
  ArchiveValue build_tensor(const PickleNode& node, const PickleTensor& given);
  ArchiveValue build_list(const PickleNode& node,
                          const PickleList& list,
                          int depth);
  ArchiveValue build_dict(const PickleNode& node,
                          const PickleDict& dict,
                          int depth);
  ArchiveValue::Key key_of(const PickleNode& node);

  PtStorages& storages_;
  MemoryBudget& budget_;
  const std::string& source_;
};

void TreeBuilder::spend(const PickleNode& node, std::size_t amount) {
  if (!budget_.spend(amount)) fail(node, budget_.repeated_too_often());
}

ArchiveValue TreeBuilder::build(const PickleNode& node, int depth) {
  if (depth > kMaxDepth) fail(node, "lists and dicts are nested too deeply");
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
  if (const auto* list = node.get<PickleList>()) {
    return build_list(node, *list, depth);
  }
  if (const auto* dict = node.get<PickleDict>()) {
    return build_dict(node, *dict, depth);
  }
  fail(node, python_name(node) + " is not plain data and is not loaded");
}

ArchiveValue TreeBuilder::build_tensor(const PickleNode& node,
                                       const PickleTensor& given) {
  const ArchiveTensor& tensor = storages_.tensor(given);
  spend(node, bytes_of(tensor));
  return {tensor};
}

ArchiveValue TreeBuilder::build_list(const PickleNode& node,
                                     const PickleList& list,
                                     int depth) {
  spend(node, list.items.size() * sizeof(ArchiveValue));
  ArchiveValue::List items;
  items.reserve(list.items.size());
  for (const PickleNode* item : list.items) {
    items.push_back(build(*item, depth + 1));
  }
  return {std::move(items)};
}

ArchiveValue::Key TreeBuilder::key_of(const PickleNode& node) {
  if (const auto* integer = node.get<int64_t>()) return *integer;
  const auto* text = node.get<std::string>();
  if (text == nullptr) fail(node, "a key that is neither text nor integer");
  spend(node, text->size());
  return *text;
}

// A dict's key as it lies in the pickle's node, which outlives the builder.
using SeenKey = std::variant<std::string_view, int64_t>;

SeenKey seen_key(const PickleNode& key) {
  if (const auto* integer = key.get<int64_t>()) return *integer;
  return *key.get<std::string>();
}

ArchiveValue TreeBuilder::build_dict(const PickleNode& node,
                                     const PickleDict& dict,
                                     int depth) {
  spend(node, dict.entries.size() * sizeof(ArchiveValue::Entry));
  ArchiveValue::Dict entries;
  entries.reserve(dict.entries.size());
  std::set<SeenKey> keys;
  for (const auto& [key_node, value] : dict.entries) {
    ArchiveValue::Key key = key_of(*key_node);
    bool added = keys.insert(seen_key(*key_node)).second;
    if (!added) fail(*key_node, "a key that is there twice");
    entries.emplace_back(std::move(key), build(*value, depth + 1));
  }
  return {std::move(entries)};
}

// "archive/" for an archive with the entry "archive/data.pkl".
std::string find_prefix(const ZipReader& zip, const std::string& source) {
  for (const ZipReader::Entry& entry : zip.entries()) {
    std::size_t slash = entry.name.find('/');
    if (slash != std::string::npos &&
        entry.name.compare(slash + 1, std::string::npos, kPickleName) == 0) {
      return entry.name.substr(0, slash + 1);
    }
  }
  throw FormatError::in_file(
      source, "a zip archive without a data.pkl is not a file of torch.save");
}

void refuse_legacy(const ByteSource& source) {
  std::string start(std::min<uint64_t>(source.size(), kLegacyMagic.size()),
                    '\0');
  source.read(0, start.data(), start.size());
  if (start != kLegacyMagic) return;
  throw FormatError::in_file(
      source.name(),
      "the file format of PyTorch before 1.6 is not read; load it in Python "
      "and torch.save it again with PyTorch 1.6 or newer");
}

void refuse_script(const ZipReader& zip,
                   const std::string& prefix,
                   const std::string& source) {
  if (zip.find(prefix + "constants.pkl") == nullptr) return;
  throw FormatError::in_file(
      source,
      "a TorchScript archive, as torch.jit.save and LibTorch's torch::save "
      "write it, is not read; in Python torch.save the state_dict(), in C++ "
      "thexp::save_pt the thexp::module_state()");
}

void require_little_endian(const ZipReader& zip,
                           const std::string& prefix,
                           const std::string& source) {
  const ZipReader::Entry* entry = zip.find(prefix + "byteorder");
  if (entry == nullptr || zip.read(*entry) == "little") return;
  throw FormatError::in_file(
      source, "its byte order is not little-endian; only that is read");
}

ArchiveValue load(const ByteSource& source, const AllocateBytes& allocate) {
  refuse_legacy(source);
  ZipReader zip(source);
  std::string prefix = find_prefix(zip, source.name());
  refuse_script(zip, prefix, source.name());
  require_little_endian(zip, prefix, source.name());
  std::string entry = prefix + std::string(kPickleName);
  std::string pickle = zip.read(*zip.find(entry));
  std::string place = source.name() + ": " + entry;
  MemoryBudget budget(kFreeMemory, kMemoryPerByte, pickle.size());
  PickleTree tree = unpickle(pickle, place, budget);
  PtStorages storages(zip, prefix, source, allocate);
  ArchiveValue root = TreeBuilder(storages, budget, place).build(*tree.root);
  storages.verify_rest();
  return root;
}

}  // namespace

ArchiveValue read_pt(const fs::path& path, const AllocateBytes& allocate) {
  return load(FileSource(path), allocate);
}

ArchiveValue read_pt_bytes(std::string_view bytes,
                           const std::string& source,
                           const AllocateBytes& allocate) {
  return load(MemorySource(bytes, source), allocate);
}

}  // namespace thexp
