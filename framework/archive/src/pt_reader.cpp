#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "memory_budget.h"
#include "pt_storages.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "thexp/base/file_kind.h"
#include "thexp/base/text.h"
#include "tree_builder.h"
#include "unpickler.h"

namespace thexp {
namespace {

constexpr std::string_view kPickleName = "data.pkl";

// torch.save's first ten bytes before PyTorch 1.6: a pickled magic number.
constexpr std::string_view kLegacyMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9",
                                        9);

// What a pickle may become, which may name the same part often. A list of None
// takes 88 bytes for each of its pickle's bytes.
constexpr uint64_t kFreeMemory = uint64_t{64} << 20;
constexpr uint64_t kMemoryPerByte = 128;

// For people: what another zip archive may be.
std::string contents(const ZipReader& zip) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> names;
  for (const ZipReader::Entry& entry : zip.entries()) {
    if (names.size() == kShown) break;
    names.push_back(entry.name);
  }
  if (names.empty()) return "it is empty";
  std::size_t more = zip.entries().size() - names.size();
  return fmt::format("it holds {}{}", join(names, ", "),
                     more > 0 ? fmt::format(", and {} more", more) : "");
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
      source, "a zip archive without a data.pkl is not a file of torch.save; " +
                  contents(zip));
}

// Before PyTorch 1.6 torch.save wrote pickles, and once tar archives.
bool is_legacy(std::string_view start) {
  bool is_tar = starts_with(start, std::string_view("sys_info\0", 9));
  return is_tar || starts_with(start, kLegacyMagic);
}

void refuse_other_files(const ByteSource& source) {
  std::string start(std::min<uint64_t>(source.size(), kFileKindBytes), '\0');
  source.read(0, start.data(), start.size());
  if (is_legacy(start)) {
    throw FormatError::in_file(
        source.name(),
        "the file format of PyTorch before 1.6 is not read; load it in Python "
        "and torch.save it again with PyTorch 1.6 or newer");
  }
  if (starts_with(start, "PK")) return;
  refuse_kind(source.name(), file_kind(start), "a file of torch.save");
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
  refuse_other_files(source);
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
  ArchiveValue root =
      TreeBuilder(storages, budget, place).build_root(*tree.root);
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
