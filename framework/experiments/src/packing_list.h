#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp {

// What of a run's folder goes into an archive.
struct PackingList {
  struct File {
    std::string name;  // in the run, "checkpoints/epoch-1.pt"
    fs::path path;
    std::uintmax_t bytes = 0;
    bool executable = false;
  };

  std::vector<std::string> folders;
  std::vector<File> files;
  // Links to a file beside them: name and target. A tar could hold them, but
  // nobody should have to unpack links of a stranger.
  std::vector<std::pair<std::string, std::string>> links;
  std::vector<std::string> left_out;

  std::uintmax_t bytes() const;
  // Adds all below `folder` as `prefix` + its path there.
  void add(const fs::path& folder, const std::string& prefix);
};

// The first file of an archive says what comes: "<experiment>/<id>/" + this.
constexpr const char* kManifestName = ".thexp-export.json";
// The last one: the CRC-32 of each file.
constexpr const char* kSumsName = ".thexp-sums.json";

struct Manifest {
  std::string experiment;
  std::string id;
  std::uintmax_t files = 0;
  std::uintmax_t folders = 0;
  std::uintmax_t bytes = 0;
  std::vector<std::pair<std::string, std::string>> links;

  // How the paths in the archive begin.
  std::string prefix() const { return experiment + "/" + id + "/"; }
  Value to_value() const;
  // @throws Error for another tree, or one that names no run.
  static Manifest from_value(const Value& tree);
};

// Whether `name` is a path in a run that leaves it nowhere.
bool is_inner_path(const std::string& name);

// Whether `name` links to a file beside it.
bool is_inner_link(const std::string& name, const std::string& target);

}  // namespace thexp
