#pragma once

#include "pickle_node.h"
#include "thexp/archive/archive_value.h"

namespace thexp {

/// A copy with the conjugation and negation done that PyTorch 2 marks a lazy
/// view with. @throws FormatError for a type that has no such views, or when
/// the copy would be far larger than the storage.
ArchiveTensor resolve_marks(const ArchiveTensor& view,
                            const PickleTensor& marks,
                            const AllocateBytes& allocate);

}  // namespace thexp
