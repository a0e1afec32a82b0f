#pragma once

#include "thexp/base/file.h"

namespace thexp {

/// A name beside `path` that no other of this process has:
/// "<path>.tmp.<pid>.<n>".
fs::path temporary_name(const fs::path& path);

}  // namespace thexp
