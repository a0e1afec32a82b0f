#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexed_run.h"
#include "packed_value.h"

namespace thexp {

// The cache of an index, <workspace>/.index: it may be deleted at any time.

// The runs in a cache's content, whose views point into it. Adds to `keys`,
// which must be empty. @throws FormatError when it is damaged or of another
// version.
std::vector<IndexedRun> parse_index(std::string_view content, KeyTable& keys);

std::string index_content(const std::vector<const IndexedRun*>& runs,
                          const KeyTable& keys);

// Replaces the file, so that a reader sees the old one or the new one. Not
// durable: its checksum tells of a half-written one. False when that cannot be
// done (a read-only workspace, a full disk): then all goes on without.
bool try_write_index(const fs::path& path, const std::string& content);

}  // namespace thexp
