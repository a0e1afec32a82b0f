// The pickle in a .pt file: the input stands in an archive with right
// checksums, beside a storage of 64 bytes.
#include <cstdint>
#include <string>

#include "pickle_archive.h"
#include "thexp/archive/elements.h"
#include "thexp/archive/pt_file.h"
#include "thexp/base/error.h"
#include "walk_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string file = thexp_fuzz::pickle_archive(data, size, 1, 64);
  try {
    thexp::ArchiveValue tree = thexp::read_pt_bytes(file, "input");
    thexp_fuzz::walk(tree);
    // What can be read can be written, and read again.
    thexp::read_pt_bytes(thexp::write_pt_bytes(tree), "written");
  } catch (const thexp::FormatError&) {
  } catch (const thexp::UsageError&) {  // one storage as two types
  }
  return 0;
}
