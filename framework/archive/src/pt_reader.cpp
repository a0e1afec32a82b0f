#include <fmt/format.h>

#include <set>
#include <utility>

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

// Turns a pickle's tree into values. A pickle may name the same part often,
// and values repeat it, so what it may become is bounded by its size.
class TreeBuilder {
 public:
  TreeBuilder(PtStorages& storages,
              std::size_t pickle_bytes,
              const std::string& source)
      : storages_(storages),
        budget_(kFree + kPerByte * pickle_bytes),
        source_(source) {}

  ArchiveValue build(const PickleNode& node, int depth = 0);

 private:
  // Of memory. A list of None takes about 90 for each byte of its pickle.
  static constexpr std::size_t kFree = std::size_t{64} << 20;
  static constexpr std::size_t kPerByte = 128;

  [[noreturn]] void fail(const PickleNode& node, const char* problem) const {
    throw FormatError::in_file(
        source_, fmt::format("{} (at offset {})", problem, node.offset));
  }
  void spend(const PickleNode& node, std::size_t amount);
  ArchiveValue build_list(const PickleList& list, int depth);
  ArchiveValue build_dict(const PickleDict& dict, int depth);
  ArchiveValue::Key key_of(const PickleNode& node);

  PtStorages& storages_;
  std::size_t budget_;
  const std::string& source_;
};

void TreeBuilder::spend(const PickleNode& node, std::size_t amount) {
  if (amount > budget_) fail(node, "the same parts are repeated too often");
  budget_ -= amount;
}

ArchiveValue TreeBuilder::build(const PickleNode& node, int depth) {
  if (depth > kMaxDepth) fail(node, "lists and dicts are nested too deeply");
  spend(node, sizeof(ArchiveValue));
  if (node.get<std::monostate>() != nullptr) return {};
  if (const auto* value = node.get<bool>()) return {*value};
  if (const auto* value = node.get<std::int64_t>()) return {*value};
  if (const auto* value = node.get<double>()) return {*value};
  if (const auto* text = node.get<std::string>()) {
    spend(node, text->size());
    return {*text};
  }
  if (const auto* tensor = node.get<std::shared_ptr<const PickleTensor>>()) {
    return {storages_.tensor(**tensor)};
  }
  if (const auto* list = node.get<PickleList>()) {
    return build_list(*list, depth);
  }
  if (const auto* dict = node.get<PickleDict>()) {
    return build_dict(*dict, depth);
  }
  fail(node, "a storage, a class or a function is no plain data");
}

ArchiveValue TreeBuilder::build_list(const PickleList& list, int depth) {
  ArchiveValue::List items;
  for (const PickleNode* item : list.items) {
    items.push_back(build(*item, depth + 1));
  }
  return {std::move(items)};
}

ArchiveValue::Key TreeBuilder::key_of(const PickleNode& node) {
  if (const auto* integer = node.get<std::int64_t>()) return *integer;
  const auto* text = node.get<std::string>();
  if (text == nullptr) fail(node, "a key that is neither text nor integer");
  spend(node, text->size());
  return *text;
}

ArchiveValue TreeBuilder::build_dict(const PickleDict& dict, int depth) {
  ArchiveValue::Dict entries;
  std::set<ArchiveValue::Key> keys;
  for (const auto& [key_node, value] : dict.entries) {
    ArchiveValue::Key key = key_of(*key_node);
    if (!keys.insert(key).second) fail(*key_node, "a key that is there twice");
    spend(*key_node, sizeof(ArchiveValue::Key));
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
      source, "a zip archive without a data.pkl is no file of torch.save");
}

void refuse_legacy(const ByteSource& source) {
  std::string start(std::min<std::uint64_t>(source.size(), kLegacyMagic.size()),
                    '\0');
  source.read(0, start.data(), start.size());
  if (start != kLegacyMagic) return;
  throw FormatError::in_file(
      source.name(),
      "the file format of PyTorch before 1.6 is not read; load it in Python "
      "and torch.save it again with PyTorch 1.6 or newer");
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
  require_little_endian(zip, prefix, source.name());
  std::string entry = prefix + std::string(kPickleName);
  std::string pickle = zip.read(*zip.find(entry));
  std::string place = source.name() + ": " + entry;
  PickleTree tree = unpickle(pickle, place);
  PtStorages storages(zip, prefix, source.name(), allocate);
  ArchiveValue root =
      TreeBuilder(storages, pickle.size(), place).build(*tree.root);
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
