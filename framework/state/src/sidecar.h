#pragma once

#include <string>

#include "thexp/state/pt.h"
#include "thexp/state/saver.h"

namespace thexp {

/// `<payload>.json`: what is known of a saved file.
fs::path sidecar_of(const fs::path& payload);

void write_sidecar(const SavedFile& file,
                   const std::string& kind,
                   const PtSummary& summary,
                   const Value& info);

/// The sidecar's content. @throws FileError, FormatError
Value read_sidecar(const fs::path& payload);

/// Whether a save wrote this file's sidecar under this very name: it is no
/// copy of another one's. Without one, or with a damaged one, it is not known
/// and false.
bool has_own_sidecar(const SavedFile& file);

/// Loads payload and sidecar and compares their sizes.
LoadedFile load_saved(const SavedFile& file);

}  // namespace thexp
