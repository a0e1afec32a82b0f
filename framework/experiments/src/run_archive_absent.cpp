#include "thexp/base/error.h"
#include "thexp/experiments/run_archive.h"

// In place of export and import, where libarchive is missing.
namespace thexp {
namespace {

UsageError no_libarchive() {
  return UsageError(
      "this thexp was built without libarchive, which packs and unpacks runs: "
      "install libarchive-dev and build it again, or copy the run's folder");
}

}  // namespace

bool can_archive() { return false; }

ExportedRun export_run(const RunRecord&,
                       const std::filesystem::path&,
                       const ExportOptions&) {
  throw no_libarchive();
}

std::filesystem::path import_run(const std::filesystem::path&,
                                 const std::filesystem::path&) {
  throw no_libarchive();
}

}  // namespace thexp
