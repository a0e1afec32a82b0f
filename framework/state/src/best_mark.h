#pragma once

#include <optional>

#include "saver_folder.h"

namespace thexp {

/// Which checkpoint is the best. `best.json` names it; `best.pt` is a link to
/// it for people, which not every file system has.
class BestMark {
 public:
  explicit BestMark(const SaverFolder& folder) : folder_(folder) {}

  std::optional<SavedFile> find() const;
  void set(const SavedFile& file) const;
  void remove() const;

  /// Points the link to the marked file where a kill kept it from that: else
  /// it would dangle once its file is pruned.
  void mend_link() const;

 private:
  fs::path path() const;

  const SaverFolder& folder_;
};

}  // namespace thexp
