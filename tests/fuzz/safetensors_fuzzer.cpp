#include <cstdint>
#include <string_view>

#include "thexp/archive/safetensors.h"
#include "thexp/base/error.h"
#include "walk_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  thexp::Safetensors content;
  try {
    content = thexp::read_safetensors_bytes(bytes, "input");
  } catch (const thexp::FormatError&) {
    return 0;
  }
  for (const auto& entry : content.tensors) thexp_fuzz::walk(entry.second);
  // What can be read can be written, and read again.
  thexp::read_safetensors_bytes(thexp::write_safetensors_bytes(content));
  return 0;
}
