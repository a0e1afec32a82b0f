#pragma once

#include "thexp/base/error.h"
#include "thexp/base/file.h"

namespace thexp {

/// FileError::cannot_open(), and of a file that is absent the ones of its kind
/// that its folder has: "epoch-99.pt" was perhaps another epoch.
FileError unopened(const fs::path& path, int error_number);

}  // namespace thexp
