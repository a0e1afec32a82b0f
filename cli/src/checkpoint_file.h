#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "thexp/archive/archive_value.h"
#include "thexp/archive/safetensors.h"
#include "thexp/base/file.h"
#include "thexp/base/value.h"

namespace thexp::cli {

enum class CheckpointFormat { kPt, kSafetensors };

// "pt (Python's torch.save)"
const char* describe(CheckpointFormat format);

// By the suffix: .pt, .pth, .bin, .ckpt; .safetensors. else UsageError.
CheckpointFormat format_of_name(const fs::path& path);

// A checkpoint as flat lists, names dotted: "optim.state.0.step".
struct CheckpointFile {
  fs::path path;
  CheckpointFormat format = CheckpointFormat::kPt;
  uint64_t bytes = 0;
  Safetensors::Tensors tensors;
  // What is not a tensor; a list of plain values is one value.
  std::vector<std::pair<std::string, Value>> values;
  // What Python objects there were instead: "the Python object 'a.B'".
  std::vector<std::pair<std::string, std::string>> not_loaded;
  Safetensors::Metadata metadata;  // of safetensors
};

// Tells the format by the content. FileError, FormatError.
CheckpointFile open_checkpoint(const fs::path& path);

// For a terminal: control characters become "\x1b".
std::string printable(const std::string& text);

}  // namespace thexp::cli
