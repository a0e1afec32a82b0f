#include <fmt/format.h>
#include <zlib.h>

#include <fstream>

#include "packing_list.h"
#include "tar_file.h"
#include "thexp/base/error.h"
#include "thexp/experiments/run_archive.h"

namespace thexp {
namespace {

constexpr std::size_t kPiece = 1 << 18;

void check_may_be_packed(const RunRecord& run, const ExportOptions& options) {
  if (run.status != RunStatus::kRunning || options.running()) return;
  throw UsageError(fmt::format(
      "run {}/{} is running: process {} on {} writes to it; wait for its end, "
      "or pack what is there with --force",
      run.experiment, run.id, run.pid, run.host));
}

Manifest manifest_of(const RunRecord& run, const PackingList& list) {
  Manifest manifest;
  manifest.experiment = run.experiment;
  manifest.id = run.id;
  manifest.files = list.files.size();
  manifest.folders = list.folders.size();
  manifest.bytes = list.bytes();
  manifest.links = list.links;
  return manifest;
}

// The bytes that the list promises, also of a file that grows meanwhile.
// Returns their CRC-32.
uLong pack_content(const PackingList::File& file, TarWriter& tar) {
  std::ifstream content(file.path, std::ios::binary);
  std::string piece(kPiece, '\0');
  uLong sum = ::crc32(0, nullptr, 0);
  std::uintmax_t left = file.bytes;
  while (left > 0) {
    auto wanted =
        static_cast<std::streamsize>(std::min<std::uintmax_t>(left, kPiece));
    content.read(piece.data(), wanted);
    auto bytes = static_cast<std::size_t>(content.gcount());
    if (bytes == 0) {
      throw FileError(fmt::format(
          "cannot pack '{}': it was removed or became shorter meanwhile",
          file.path.string()));
    }
    tar.data(piece.data(), bytes);
    sum = ::crc32(sum, reinterpret_cast<const Bytef*>(piece.data()),
                  static_cast<uInt>(bytes));
    left -= bytes;
  }
  return sum;
}

Value pack_files(const PackingList& list,
                 const std::string& prefix,
                 TarWriter& tar) {
  Value sums = Value::Dict{};
  for (const std::string& name : list.folders) tar.folder(prefix + name);
  for (const PackingList::File& file : list.files) {
    uLong sum = 0;
    tar.file(prefix + file.name, file.bytes, file.executable,
             [&](TarWriter& out) { sum = pack_content(file, out); });
    sums.as_dict().emplace_back(file.name, Value(sum));
  }
  return sums;
}

}  // namespace

bool can_archive() { return true; }

ExportedRun export_run(const RunRecord& run,
                       const fs::path& file,
                       const ExportOptions& options) {
  check_may_be_packed(run, options);
  PackingList list;
  list.add(run.path, "");
  if (!options.code().empty()) {
    list.folders.push_back(".code");
    list.add(options.code(), ".code/");
  }
  Manifest manifest = manifest_of(run, list);
  TarWriter tar(file);
  tar.file(manifest.prefix() + kManifestName,
           manifest.to_value().to_json(2) + "\n");
  Value sums = pack_files(list, manifest.prefix(), tar);
  tar.file(manifest.prefix() + kSumsName, sums.to_json(2) + "\n");
  tar.commit();
  return {manifest.files, manifest.bytes, list.left_out};
}

}  // namespace thexp
