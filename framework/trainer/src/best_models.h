#pragma once

#include <vector>

#include "callback_list.h"
#include "registry.h"
#include "thexp/state/saver.h"

namespace thexp {

/// The weights of the best checkpoint as files of their own,
/// `models/best/<name>.pt`: for those who want the result and no checkpoint.
class BestModels {
 public:
  BestModels(const Trainer& trainer,
             const Registry& registry,
             const CallbackList& callbacks)
      : trainer_(trainer), registry_(registry), callbacks_(callbacks) {}

  /// The files; none without a best checkpoint. @throws FileError; FormatError
  /// when that checkpoint is damaged.
  std::vector<fs::path> save(const Saver& saver) const;

 private:
  State weights_in(const State& checkpoint) const;

  const Trainer& trainer_;
  const Registry& registry_;
  const CallbackList& callbacks_;
};

}  // namespace thexp
