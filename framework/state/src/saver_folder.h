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
///     checkpoint-000007-epoch-3.pt        the payload
///     checkpoint-000007-epoch-3.pt.json   the sidecar; with it the save counts
///     last.pt -> checkpoint-000007-epoch-3.pt
class SaverFolder {
 public:
  using WritePayload = std::function<PtSummary(const fs::path& path)>;

  SaverFolder(const fs::path& parent, const std::string& kind);

  const fs::path& path() const { return path_; }

  /// Complete files by their sequence, newest last.
  std::vector<SavedFile> files() const;

  /// Writes payload, then sidecar. Files of killed saves are removed before.
  SavedFile commit(const std::string& name,
                   int64_t epoch,
                   const Value& info,
                   const WritePayload& write);

  /// Sidecar first: a file without one counts no more.
  void remove(const SavedFile& file) const;

  /// Renames payload and sidecar to damaged-…: neither counts any more.
  void set_aside(const fs::path& payload) const;

  /// Everything that this folder's saves made.
  void clear() const;

  /// Makes `<name>.pt` a link to the file, replacing an older one.
  void set_link(const std::string& name, const SavedFile& target) const;

  void remove_link(const std::string& name) const;

  /// The complete file that a link points to.
  std::optional<SavedFile> link_target(const std::string& name) const;

 private:
  /// A file of ours by its name, complete or not.
  std::optional<SavedFile> parse(const std::string& file_name) const;
  std::vector<std::string> names() const;
  void remove_leftovers() const;

  fs::path path_;
  std::string kind_;
};

/// The sidecar's content. @throws FileError, FormatError
Value read_sidecar(const fs::path& payload);

/// Loads payload and sidecar and compares their sizes.
LoadedFile load_saved(const SavedFile& file);

}  // namespace thexp
