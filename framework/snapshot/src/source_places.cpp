#include "source_places.h"

namespace thexp {
namespace {

bool is_folder(const fs::path& path) {
  std::error_code missing;
  return fs::is_directory(path, missing);
}

bool is_there(const fs::path& path) {
  std::error_code missing;
  return fs::exists(path, missing);
}

// The real path, so that a link to a program leads to its repository.
fs::path real_path(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : real;
}

fs::path find_program(const SnapshotOptions& options, const fs::path& folder) {
  fs::path given = real_path(folder / options.program());
  if (!options.program().empty()) return is_there(given) ? given : fs::path();
  return real_path("/proc/self/exe");
}

// A compiler may have been told a path relative to a build folder, of which
// only the program's place is known: it is tried there and above.
fs::path find_relative(const fs::path& source,
                       const fs::path& folder,
                       const fs::path& program) {
  if (is_there(folder / source)) return folder / source;
  fs::path above = program.parent_path();
  while (!above.empty()) {
    if (is_there(above / source)) return above / source;
    if (above == above.parent_path()) break;
    above = above.parent_path();
  }
  return {};
}

fs::path find_source(const SnapshotOptions& options,
                     const fs::path& folder,
                     const fs::path& program) {
  fs::path source = options.source();
  if (source.empty()) return {};
  if (source.is_relative()) source = find_relative(source, folder, program);
  return source.empty() ? source : real_path(source);
}

}  // namespace

std::vector<fs::path> SourcePlaces::folders() const {
  std::vector<fs::path> found;
  for (const fs::path& file : {source, program}) {
    fs::path parent = file.parent_path();
    if (is_folder(parent)) found.push_back(parent);
  }
  if (is_folder(folder)) found.push_back(folder);
  return found;
}

fs::path SourcePlaces::base() const {
  return is_folder(source.parent_path()) ? source.parent_path() : folder;
}

SourcePlaces find_places(const SnapshotOptions& options) {
  SourcePlaces places;
  std::error_code gone;
  fs::path here = fs::current_path(gone);
  places.folder = real_path(here / options.folder());
  places.program = find_program(options, places.folder);
  places.source = find_source(options, places.folder, places.program);
  return places;
}

fs::path folder_with_git(const fs::path& folder) {
  fs::path at = folder;
  while (!at.empty()) {
    if (is_there(at / ".git")) return at;
    if (at == at.parent_path()) break;
    at = at.parent_path();
  }
  return {};
}

}  // namespace thexp
