#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "thexp/state/saver.h"

namespace thexp {

inline constexpr std::string_view kPayloadEnd = ".pt";
inline constexpr std::string_view kSidecarEnd = ".pt.json";

/// Letters, digits, '.', '_', '-' and '=' that a saved model's name can be.
bool is_model_name(const std::string& name);

/// "checkpoint-000007-", with which all names of that number begin.
std::string saved_prefix(const std::string& kind, int64_t sequence);

/// The file in `folder` whose name a save of this kind gives to the letter:
/// "checkpoint-000007-epoch-3.pt". A copy "…-epoch-3-good.pt" is somebody's.
std::optional<SavedFile> parse_saved_name(const fs::path& folder,
                                          const std::string& kind,
                                          const std::string& file_name);

}  // namespace thexp
