// The zip layer, and a whole .pt file.
#include <cstdint>
#include <string_view>

#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "walk_tree.h"
#include "zip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    thexp::MemorySource source(bytes, "input");
    thexp::ZipReader zip(source);
    for (const auto& entry : zip.entries()) {
      try {
        zip.verify(entry);
      } catch (const thexp::FormatError&) {
      }
    }
    thexp_fuzz::walk(thexp::read_pt_bytes(bytes, "input"));
  } catch (const thexp::FormatError&) {
  }
  return 0;
}
