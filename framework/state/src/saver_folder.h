#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/state/pt.h"
#include "thexp/state/saver.h"

namespace thexp {

/// One folder of saved files, `<folder>/<kind>s`: their names, their commit,
/// and what is left of saves that were killed.
///
///     checkpoint-000007-epoch-3.pt.json   the sidecar
///     checkpoint-000007-epoch-3.pt        the payload; with it the save counts
///     last.pt -> checkpoint-000007-epoch-3.pt
///
/// Files and folders of other names are somebody's: they are left alone.
class SaverFolder {
 public:
  using WritePayload = std::function<PtSummary(AtomicFile& file)>;

  SaverFolder(const fs::path& parent, const std::string& kind);

  const fs::path& path() const { return path_; }

  /// Complete files by their sequence, newest last.
  std::vector<SavedFile> files() const;

  /// The complete file of this name.
  std::optional<SavedFile> find(const std::string& file_name) const;

  /// Writes the sidecar, then the payload. What killed saves left is removed
  /// before.
  SavedFile commit(const std::string& name,
                   std::optional<SavePoint> point,
                   const Value& info,
                   const WritePayload& write);

  /// Payload first: a sidecar alone counts as nothing.
  void remove(const SavedFile& file) const;

  /// Renames payload and sidecar to damaged-…: neither counts any more.
  void set_aside(const fs::path& payload) const;

  /// All files that this folder's saves made; their links were removed before.
  void clear() const;

  /// Makes `<name>.pt` a link to the file, replacing an older one: see
  /// replace_link().
  void set_link(const std::string& name, const SavedFile& target) const;

  void remove_link(const std::string& name) const;

  /// `<name>.pt`
  fs::path link(const std::string& name) const;

  /// The complete file that a symbolic link points to.
  std::optional<SavedFile> link_target(const std::string& name) const;

 private:
  std::vector<std::string> names() const;
  std::optional<SavedFile> parse(const std::string& file_name) const;
  std::optional<SavedFile> parse_sidecar(const std::string& file_name) const;
  bool is_folder(const std::string& name) const;
  bool is_own_name(const std::string& name) const;
  bool is_left_over(const std::string& name) const;
  void remove_leftovers() const;
  SavedFile next(const std::string& name, std::optional<SavePoint> point) const;

  fs::path path_;
  std::string kind_;
};

}  // namespace thexp
